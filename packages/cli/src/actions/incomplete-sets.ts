import { findFiles } from '@darkslide/client';
import type { Context } from '../base/context.ts';
import type { UploadFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';
import { readShoot } from './read-shoot.ts';

const WAY_OUT = 'Nothing was sent. Copy the missing frames from the card, or upload without --require-complete-sets.';

/** Whether bracket sets lack frames, as far as the photos tell. Says which, and what to do. */
export async function hasIncompleteSets(
  { stdout, stderr }: Context,
  paths: string[],
  { flags, signal }: { flags: UploadFlags; signal: AbortSignal },
): Promise<boolean> {
  const { all, include, exclude, followLinks } = flags;
  const { files } = await findFiles({ paths, all, include, exclude, followLinks, signal });
  const { shoot } = await readShoot(files, { signal });
  const found = shoot.problems.filter(({ kind }) => kind === 'incomplete-set');
  if (found.length === 0) return false;
  if (flags.json) {
    const sets = shoot.sets.filter(({ complete }) => complete === false);
    sayJson(stdout, { type: 'incomplete-sets', sets });
  }
  const verb = found.length === 1 ? 'is' : 'are';
  say(stderr, `${plural(found.length, 'bracket set')} ${verb} incomplete:`);
  for (const { message } of found) say(stderr, `  ${message}`);
  say(stderr, WAY_OUT);
  return true;
}
