import manifest from '../package.json' with { type: 'json' };
import type { Context } from './commands/context.ts';
import { localApiKey } from './data-directory.ts';

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

/** Each command loads only what it needs: the server's libraries would cost an upload a second of CPU. */
async function run(): Promise<number> {
  if (command === 'serve' && args.length === 0) {
    const { serve } = await import('./commands/serve.ts');
    return serve(context);
  }
  if (command === 'keys') {
    const { keys } = await import('./commands/keys.ts');
    return keys(args, context);
  }
  const { runCli } = await import('@darkslide/cli');
  const defaults = { apiKey: await localApiKey(env) };
  return runCli(process.argv.slice(2), { env, stdout, stderr, version: context.version, defaults });
}
