import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigurationError, readConfiguration } from '../configuration.ts';
import type { Context } from './context.ts';

const USAGE = 'Usage: darkslide keys create --account NAME [--json]';

/**
 * `darkslide keys create`: a new API key for an account, which is made where it is new. Works beside a running server.
 * Answers the exit code: 0 made, 1 failed, 2 wrong use or configuration.
 */
export async function keys(args: readonly string[], { env, out, error }: Context): Promise<number> {
  const asked = parse(args);
  if (asked === undefined) {
    const wantsHelp = args.includes('--help') || args.includes('-h');
    (wantsHelp ? out : error)(USAGE);
    return wantsHelp ? 0 : 2;
  }
  try {
    const { database, dataDir } = readConfiguration(env);
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const { createApiKey } = await import('@darkslide/server');
    const key = await createApiKey({ database, account: asked.account });
    out(asked.json ? JSON.stringify({ account: asked.account, api_key: key }) : key);
    return 0;
  } catch (problem) {
    error(problem instanceof Error ? problem.message : String(problem));
    return problem instanceof ConfigurationError ? 2 : 1;
  }
}

function parse(args: readonly string[]): { account: string; json: boolean } | undefined {
  try {
    const options = { account: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'create' || !values.account) return undefined;
    return { account: values.account, json: values.json };
  } catch {
    return undefined;
  }
}
