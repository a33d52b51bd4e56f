import { stateFolder } from '@darkslide/client';
import { Command } from 'commander';
import { type ConnectionFlags, type Context, connection, NO_KEY, UsageError } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { withConnection } from './options.ts';
import type { Finish } from './program.ts';

/** Says what the other commands would work with, and where each value comes from. The key itself is never shown. */
export function configCommand(context: Context, finish: Finish): Command {
  const command = new Command('config').description('say which server, account and folders the commands would use');
  command.addHelpText('after', '\nExamples:\n  darkslide config\n  darkslide config --url https://uploads.example.com');
  return withConnection(command).action((flags: ConnectionFlags) => {
    const { env, stdout, stderr } = context;
    const from = (flag: unknown, variable: string) =>
      flag !== undefined ? 'option' : env[variable] ? variable : 'default';
    const { url, key } = resolve(context, flags);
    stdout.write(`server   ${url}  (${from(flags.url, 'DARKSLIDE_URL')})\n`);
    stdout.write(`API key  ${key}  (${from(flags.apiKey, 'DARKSLIDE_API_KEY')})\n`);
    stdout.write(`journal  ${stateFolder(env)}  (${env.XDG_STATE_HOME ? 'XDG_STATE_HOME' : 'default'})\n`);
    if (key === 'none') stderr.write(`${NO_KEY}\n`);
    finish(key === 'none' ? EXIT.usage : EXIT.done);
  });
}

function resolve(context: Context, flags: ConnectionFlags): { url: string; key: string } {
  try {
    const { url, apiKey } = connection(context, flags);
    return { url, key: `set, ends in ${apiKey.slice(-4)}` };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { url: connection(context, { ...flags, apiKey: 'none' }).url, key: 'none' };
  }
}
