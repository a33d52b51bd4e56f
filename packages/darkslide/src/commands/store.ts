import { parseArgs } from 'node:util';
import type { Context } from './context.ts';
import { explainFailure } from './failure.ts';

const USAGE = `Usage: darkslide store scrub [--json]
       darkslide store rebuild [--json]

Looks after the embedded store of a stopped server, in the folder that DARKSLIDE_DATA_DIR names.

  scrub    read all that is stored, compare it with its MD5s, and say what is damaged. A running server does the same by
           itself, once in DARKSLIDE_STORE_SCRUB_DAYS days
  rebuild  make the index anew from what the stored photos say of themselves, and keep the old index. Every photo that
           had arrived is there again; what was replaced or deleted stays gone
  --json   one object a line: what is damaged, or progress, and last a summary

Exit code: 0 nothing is damaged, 1 something is, or it could not be read, 2 wrong use or configuration.`;

/** `darkslide store …`: answers the exit code. */
export async function store(args: readonly string[], context: Context): Promise<number> {
  const { out, error } = context;
  const asked = parse(args);
  if (asked === undefined) {
    const wantsHelp = args.includes('--help') || args.includes('-h');
    (wantsHelp ? out : error)(USAGE);
    return wantsHelp ? 0 : 2;
  }
  try {
    if (asked.command === 'scrub') return await (await import('./store-scrub.ts')).scrub(asked, context);
    return await (await import('./store-rebuild.ts')).rebuild(asked, context);
  } catch (problem) {
    return await explainFailure(problem, context);
  }
}

function parse(args: readonly string[]): { command: 'scrub' | 'rebuild'; json: boolean } | undefined {
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command, ...more] = positionals;
    if (more.length > 0 || (command !== 'scrub' && command !== 'rebuild')) return undefined;
    return { command, ...values };
  } catch {
    return undefined;
  }
}
