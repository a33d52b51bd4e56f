import type { PhotoSet, Shoot } from '@darkslide/photo';
import { table } from '../base/table.ts';
import { plural } from '../base/units.ts';

/** What a shoot holds, for people: a sentence, the sets, and what should be looked at. */
export function shootLines(shoot: Shoot): string[] {
  return [summary(shoot), ...setTable(shoot), ...problemLines(shoot)];
}

/** The problems that an upload says, at most. `darkslide inspect` says all. */
const MAX_BRIEF_PROBLEMS = 10;

/** The same in few lines, beside an upload; none where there is nothing to say but the number of photos. */
export function briefShootLines(shoot: Shoot): string[] {
  const problems = shoot.problems.filter(({ kind }) => kind === 'incomplete-set' || kind === 'missing-sidecar');
  if (shoot.sets.length === 0 && problems.length === 0) return [];
  const more = problems.length - MAX_BRIEF_PROBLEMS;
  return [
    summary(shoot),
    ...problems.slice(0, MAX_BRIEF_PROBLEMS).map(({ message }) => `  ${message}`),
    ...(more > 0 ? [`  … and ${more.toLocaleString('en')} more: see \`darkslide inspect\`.`] : []),
  ];
}

/** The same for programs. Sets are exposure brackets. */
export function shootRecord({ shots, sets, problems }: Shoot) {
  const brackets = sets.filter(({ kind }) => kind === 'exposure');
  return {
    photos: shots.filter(({ of }) => of === undefined).length,
    sets: brackets.length,
    incompleteSets: brackets
      .filter(({ complete }) => complete === false)
      .map(({ id, frames, expected, missing }) => ({ id, frames: frames.length, expected, missing })),
    withoutSidecar: problems.flatMap(({ kind, shot }) => (kind === 'missing-sidecar' && shot ? [shot] : [])),
  };
}

function summary({ shots, sets, problems }: Shoot): string {
  const photos = shots.filter(({ of }) => of === undefined).length;
  const brackets = sets.filter(({ kind }) => kind === 'exposure');
  const sizes = [...Map.groupBy(brackets, ({ expected, frames }) => expected ?? frames.length)].sort(
    ([a], [b]) => a - b,
  );
  const parts = [
    plural(photos, 'photo'),
    ...sizes.map(([size, group]) => `${plural(group.length, 'set')} of ${size}`),
    ...count(brackets.filter(({ complete }) => complete === false).length, 'incomplete'),
    ...count(problems.filter(({ kind }) => kind === 'missing-sidecar').length, 'without their sidecar'),
    ...count(shots.length - photos, 'copies or results'),
  ];
  return `${parts.join(', ')}.`;
}

const count = (number: number, what: string) => (number === 0 ? [] : [`${number.toLocaleString('en')} ${what}`]);

function setTable({ shots, sets }: Shoot): string[] {
  if (sets.length === 0) return [];
  const files = new Map(shots.map(({ id, files }) => [id, files[0]?.path ?? id]));
  const rows = sets.map((set) => [
    set.kind,
    set.expected === undefined || set.complete ? `${set.frames.length}` : `${set.frames.length} of ${set.expected}`,
    set.order ?? '',
    `${Math.round(set.confidence * 100)}%`,
    range(set, files),
  ]);
  return ['', ...table(['set', 'frames', 'order', 'sure', 'photos'], rows)];
}

const nameOf = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

function range({ frames }: PhotoSet, files: ReadonlyMap<string, string>): string {
  const [first, last] = [frames[0], frames.at(-1)].map((frame) => files.get(frame?.shot ?? '') ?? '');
  return first === last ? `${first}` : `${first} – ${nameOf(last ?? '')}`;
}

const HEADLINES = {
  'incomplete-set': 'Incomplete sets',
  'missing-sidecar': 'Photos without their sidecar',
  'sidecar-without-photo': 'Files that belong to no photo',
  unreadable: 'Photos without facts',
} as const;

function problemLines({ problems }: Shoot): string[] {
  return Object.entries(HEADLINES).flatMap(([kind, headline]) => {
    const messages = problems.filter((problem) => problem.kind === kind).map(({ message }) => `  ${message}`);
    return messages.length === 0 ? [] : ['', `${headline}:`, ...messages];
  });
}
