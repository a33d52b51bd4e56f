import { readFile } from 'node:fs/promises';
import manifest from '../package.json' with { type: 'json' };
import type { Context } from './commands/context.ts';
import { keys } from './commands/keys.ts';
import { serve } from './commands/serve.ts';
import { dataDirectory } from './configuration.ts';
import { apiKeyFile } from './secrets.ts';

const { env, stdout, stderr } = process;
const [command, ...args] = process.argv.slice(2);
const context: Context = {
  env,
  version: manifest.version,
  out: (line) => stdout.write(`${line}\n`),
  error: (line) => stderr.write(`${line}\n`),
  terminal: stdout.isTTY,
};

process.exitCode = await run();

async function run(): Promise<number> {
  if (command === 'serve' && args.length === 0) return serve(context);
  if (command === 'keys') return keys(args, context);
  const { runCli } = await import('@darkslide/cli');
  // The key that `serve` made in this folder, so that a first upload on the same machine needs no set-up.
  const apiKey = await readFile(apiKeyFile(dataDirectory(env)), 'utf8').catch(() => undefined);
  return runCli(process.argv.slice(2), { env, stdout, stderr, version: context.version, defaults: { apiKey } });
}
