import { shownUrl, stateFolder } from '@darkslide/client';
import { Command } from 'commander';
import {
  type ConnectionFlags,
  type Context,
  connection,
  type Finish,
  keySource,
  noKey,
  UsageError,
} from '../base/context.ts';
import { EXIT } from '../base/exit-codes.ts';
import { withConnection } from '../base/options.ts';
import { say } from '../base/output.ts';

/** Says what the other commands would work with, and where each value comes from. The key itself is never shown. */
export function configCommand(context: Context, finish: Finish): Command {
  const command = new Command('config').description('say which server, account and folders the commands would use');
  command.addHelpText('after', '\nExamples:\n  darkslide config\n  darkslide config --url https://uploads.example.com');
  return withConnection(command).action((flags: ConnectionFlags) => {
    const { env, stdout, stderr } = context;
    const serverFrom = flags.url !== undefined ? 'option' : env.DARKSLIDE_URL ? 'DARKSLIDE_URL' : 'default';
    const { url, key } = resolve(context, flags);
    say(stdout, `server   ${url}  (${serverFrom})`);
    say(stdout, `API key  ${key}  (${keySource(context, flags)})`);
    say(stdout, `journal  ${stateFolder(env) ?? 'none'}  (${env.XDG_STATE_HOME ? 'XDG_STATE_HOME' : 'default'})`);
    if (key === 'none') say(stderr, noKey(context));
    finish(key === 'none' ? EXIT.usage : EXIT.done);
  });
}

function resolve(context: Context, flags: ConnectionFlags): { url: string; key: string } {
  try {
    const { url, apiKey } = connection(context, flags);
    return { url: shownUrl(url), key: `set, ends in ${apiKey.slice(-4)}` };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { url: shownUrl(connection(context, { ...flags, apiKey: 'none' }).url), key: 'none' };
  }
}
