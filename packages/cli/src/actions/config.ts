import { shownUrl, stateFolder } from '@darkslide/client';
import { connection, keySource, noKey } from '../base/connection.ts';
import { type Context, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { ConnectionFlags } from '../base/options.ts';
import { say } from '../base/output.ts';

/** Prints what the other commands use, and where each value comes from. Never prints the whole key. */
export async function config(context: Context, flags: ConnectionFlags): Promise<ExitCode> {
  const { env, stdout, stderr } = context;
  const serverFrom = flags.url !== undefined ? 'option' : env.DARKSLIDE_URL ? 'DARKSLIDE_URL' : 'default';
  const { url, key } = resolve(context, flags);
  say(stdout, `server   ${url}  (${serverFrom})`);
  say(stdout, `API key  ${key}  (${keySource(context, flags)})`);
  say(stdout, `journal  ${stateFolder(env) ?? 'none'}  (${env.XDG_STATE_HOME ? 'XDG_STATE_HOME' : 'default'})`);
  if (key === 'none') say(stderr, noKey(context));
  return key === 'none' ? EXIT.usage : EXIT.done;
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
