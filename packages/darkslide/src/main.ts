import { readFile } from 'node:fs/promises';
import manifest from '../package.json' with { type: 'json' };
import { dataDirectory } from './configuration.ts';
import { apiKeyFile } from './secrets.ts';
import { serveCommand } from './serve-command.ts';

const { argv, env, stdout, stderr } = process;
const { version } = manifest;

if (argv[2] === 'serve') {
  const line = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(`${text}\n`);
  process.exitCode = await serveCommand(env, version, {
    out: line(stdout),
    error: line(stderr),
    terminal: stdout.isTTY,
  });
} else {
  const { runCli } = await import('@darkslide/cli');
  // The key that `serve` made in this folder, so that a first upload on the same machine needs no set-up.
  const apiKey = await readFile(apiKeyFile(dataDirectory(env)), 'utf8').catch(() => undefined);
  process.exitCode = await runCli(argv.slice(2), { env, stdout, stderr, version, defaults: { apiKey } });
}
