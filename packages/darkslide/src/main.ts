import { printable, runCli } from '@darkslide/cli';
import manifest from '../package.json' with { type: 'json' };
import type { Context } from './commands/context.ts';
import { localApiKey } from './runtime/local-api-key.ts';

const { env, stdout, stderr } = process;
const { version } = manifest;
const printableLines = (text: string) => text.split('\n').map(printable).join('\n');
const context: Context = {
  env,
  version,
  out: (text) => stdout.write(`${printableLines(text)}\n`),
  raw: (line) => stdout.write(`${line}\n`),
  error: (text) => stderr.write(`${printableLines(text)}\n`),
  terminal: stdout.isTTY,
};

process.exitCode = await runCli(process.argv.slice(2), {
  env,
  stdout,
  stderr,
  version,
  defaults: { key: await localApiKey(env) },
  // Loaded only when called: the server's libraries would cost an upload a second of CPU.
  furtherCommands: [
    {
      name: 'serve',
      summary: 'start the API, and the embedded store unless an S3 is configured',
      run: async (args) => (await import('./commands/serve.ts')).serve(args, context),
    },
    {
      name: 'doctor',
      summary: 'check what the server needs: machine, database and storage',
      run: async (args) => (await import('./commands/doctor.ts')).doctor(args, context),
    },
    {
      name: 'store',
      summary: 'look after the embedded store: check all that it holds, or make its index anew',
      run: async (args) => (await import('./commands/store.ts')).store(args, context),
    },
    {
      name: 'keys',
      summary: 'make, list and revoke the API keys of accounts',
      run: async (args) => (await import('./commands/keys.ts')).keys(args, context),
    },
  ],
});
