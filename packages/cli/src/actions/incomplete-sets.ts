import type { Shoot } from '@darkslide/photo';
import type { Context } from '../base/context.ts';
import { say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';

const WAY_OUT = 'Nothing was sent. Copy the missing frames from the card, or upload without --require-complete-sets.';

/** Whether bracket sets lack frames, as far as the photos tell. Says which, and what to do. */
export function hasIncompleteSets(
  { stdout, stderr }: Context,
  { problems, sets }: Shoot,
  { json }: { json?: boolean },
): boolean {
  const found = problems.filter(({ kind }) => kind === 'incomplete-set');
  if (found.length === 0) return false;
  if (json) sayJson(stdout, { type: 'incomplete-sets', sets: sets.filter(({ complete }) => complete === false) });
  const verb = found.length === 1 ? 'is' : 'are';
  say(stderr, `${plural(found.length, 'bracket set')} ${verb} incomplete:`);
  for (const { message } of found) say(stderr, `  ${message}`);
  say(stderr, WAY_OUT);
  return true;
}
