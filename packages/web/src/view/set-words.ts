import type { en } from '../messages/en.ts';
import type { Speech } from '../messages/messages.ts';
import type { Run } from '../run.ts';
import type { PhotoSet } from '../sets.ts';

const KINDS: Partial<Record<PhotoSet['kind'], keyof typeof en>> = {
  focus: 'kindFocus',
  burst: 'kindBurst',
  hand: 'kindHand',
};

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** What a set is called: its first file to its last. */
export function titleOf({ frames }: PhotoSet): string {
  const [first = '', last = ''] = [frames[0]?.files[0], frames.at(-1)?.files[0]];
  return first === last ? first : `${first} – ${nameOf(last)}`;
}

/** How many frames, and what makes them differ: "5 frames, −4 … +4 EV". */
export function framesOf({ kind, frames }: PhotoSet, speech: Speech): string {
  const count = speech.say('frames', { n: frames.length });
  if (kind !== 'exposure') return `${count}, ${speech.say(KINDS[kind] ?? 'kindSettings')}`;
  const offsets = frames.flatMap(({ offset }) => offset ?? []);
  if (offsets.length < 2) return count;
  return `${count}, ${speech.signed(Math.min(...offsets))} … ${speech.signed(Math.max(...offsets))} EV`;
}

/** What an incomplete set lacks; undefined where it lacks nothing that is known. */
export function lackOf({ complete, expected, frames, missing, cause }: PhotoSet, speech: Speech): string | undefined {
  if (complete !== false) return undefined;
  const list = new Intl.ListFormat(speech.language).format(
    missing.map((position) => position.toLocaleString(speech.language)),
  );
  const which =
    missing.length > 0 ? speech.say('missingFrames', { n: missing.length, list }) : speech.say('someMissing');
  const count =
    expected === undefined
      ? speech.say('frames', { n: frames.length })
      : speech.say('framesOf', { found: frames.length, n: expected });
  // The reader's own sentence says more, but in English only.
  return [`${count}: ${which}`, ...(cause && speech.language === 'en' ? [cause] : [])].join('; ');
}

/** "Frame 2, −1.3 EV" */
export function frameOf({ position, offset }: PhotoSet['frames'][number], speech: Speech): string {
  const place = speech.say('frame', { n: position });
  return offset === undefined ? place : `${place}, ${speech.signed(offset)} EV`;
}

/** The whole shoot in a line: "412 photos, 68 sets of 5, 2 incomplete". */
export function shootOf({ shoot, sets, photoState }: Run, speech: Speech): string {
  const { photos, isReading } = photoState;
  if (photos === undefined) return speech.say('files', { n: shoot.count });
  const brackets = sets
    .all()
    .filter(({ kind, frames }) => kind === 'exposure' || (kind === 'hand' && frames.length > 1));
  const sizes = Map.groupBy(brackets, ({ expected, frames }) => expected ?? frames.length);
  const incomplete = isReading ? 0 : brackets.filter(({ complete }) => complete === false).length;
  const parts = [
    speech.say('photos', { n: photos }),
    ...[...sizes].sort(([a], [b]) => a - b).map(([size, { length }]) => speech.say('setsOf', { n: length, size })),
    ...(incomplete > 0 ? [speech.say('incomplete', { n: incomplete })] : []),
  ];
  return new Intl.ListFormat(speech.language, { type: 'unit', style: 'short' }).format(parts);
}
