import type { ShootFile } from '../../src/index.ts';
import { framePaths, type Known, type TrueSet } from './brackets.ts';

type Random = () => number;
/** Changes a shoot as photographers, cameras and programs do, and its right responds with it. */
export type Perturbation = (known: Known, random: Random) => Known;

const withFacts = (known: Known, change: (file: ShootFile) => ShootFile): Known => ({
  ...known,
  files: known.files.map(change),
});

const shuffle: Perturbation = (known, next) => ({
  ...known,
  files: known.files
    .map((file) => ({ file, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ file }) => file),
});

/** Without maker notes, as after an export: neither series nor counters. */
const strip: Perturbation = (known) =>
  withFacts(known, (file) => {
    if (!file.facts) return file;
    const { drive: _, counter: __, ...facts } = file.facts;
    return { ...file, facts };
  });

const cutSubSeconds: Perturbation = (known) =>
  withFacts(known, (file) => {
    const { time } = file.facts ?? {};
    if (!file.facts || !time) return file;
    return {
      ...file,
      facts: { ...file.facts, time: { ...time, ms: Math.floor(time.ms / 1000) * 1000, resolutionMs: 1000 } },
    };
  });

const shiftZone: Perturbation = (known) =>
  withFacts(known, (file) => {
    const { time } = file.facts ?? {};
    if (!file.facts || !time) return file;
    return { ...file, facts: { ...file.facts, time: { ...time, ms: time.ms + 3_600_000, zoneMinutes: 60 } } };
  });

/** Takes one frame out of half of the sets that are known to be whole; never the only two. */
const drop: Perturbation = (known, next) => {
  const gone = new Set<string>();
  const sets = known.truth.sets.map((set): TrueSet => {
    if (set.kind !== 'exposure' || set.complete !== true || set.frames.length < 3 || next() < 0.5) return set;
    const at = Math.floor(next() * set.frames.length);
    for (const path of framePaths(set.frames[at] as TrueSet['frames'][number])) gone.add(path);
    return { ...set, frames: set.frames.filter((_, index) => index !== at), complete: false, missing: [at + 1] };
  });
  return { ...known, truth: { ...known.truth, sets }, files: known.files.filter(({ path }) => !gone.has(path)) };
};

/** A second body of the same model that took the same, a little later, by other numbers. */
const interleave: Perturbation = (known) => {
  const rename = (path: string) => `second/${path}`;
  const second = known.files.map((file): ShootFile => {
    const { facts } = file;
    if (!facts) return { ...file, path: rename(file.path) };
    const time = facts.time && { ...facts.time, ms: facts.time.ms + 3000 };
    const camera = { ...facts.camera, serial: '9999123' };
    const counter = facts.counter && {
      ...facts.counter,
      value: ((facts.counter.value + 3000) % (facts.counter.modulo ?? 1e9)) + 1,
    };
    return {
      ...file,
      path: rename(file.path),
      facts: { ...facts, camera, ...(time ? { time } : {}), ...(counter ? { counter } : {}) },
    };
  });
  const first = known.files.map(
    (file): ShootFile =>
      file.facts ? { ...file, facts: { ...file.facts, camera: { ...file.facts.camera, serial: '1111456' } } } : file,
  );
  const again = (set: TrueSet): TrueSet => ({
    ...set,
    frames: set.frames.map((frame) => (typeof frame === 'string' ? rename(frame) : { shot: frame.shot.map(rename) })),
  });
  const { truth } = known;
  return {
    ...known,
    files: [...first, ...second],
    truth: {
      ...truth,
      sets: [...truth.sets, ...truth.sets.map(again)],
      notCandidates: [...truth.notCandidates, ...truth.notCandidates.map(rename)],
      twins: [...(truth.twins ?? []), ...(truth.twins ?? []).map((twin) => twin.map(rename))],
      sidecars: Object.fromEntries(
        Object.entries(truth.sidecars ?? {}).flatMap(([a, b]) => [
          [a, b],
          [rename(a), rename(b)],
        ]),
      ),
    },
  };
};

/** Names that no camera gives, in no order. */
const rename: Perturbation = (known, next) => {
  const names = new Map<string, string>();
  const nameOf = (path: string) => {
    const dot = path.search(/\.[^/]*$/);
    const stem = path.slice(0, dot).toLowerCase();
    if (!names.has(stem)) names.set(stem, `photo-${Math.floor(next() * 1e9).toString(36)}`);
    return `${names.get(stem)}${path.slice(dot)}`;
  };
  const { truth } = known;
  const frame = (one: TrueSet['frames'][number]) =>
    typeof one === 'string' ? nameOf(one) : { shot: one.shot.map(nameOf) };
  return {
    ...known,
    files: known.files.map((file) => ({ ...file, path: nameOf(file.path) })),
    truth: {
      ...truth,
      sets: truth.sets.map((set) => ({ ...set, frames: set.frames.map(frame) })),
      notCandidates: truth.notCandidates.map(nameOf),
      twins: (truth.twins ?? []).map((twin) => twin.map(nameOf)),
      sidecars: Object.fromEntries(Object.entries(truth.sidecars ?? {}).map(([a, b]) => [nameOf(a), nameOf(b)])),
    },
  };
};

/** Sets and singles one after the other, half a second to fifteen seconds apart. */
const squeeze: Perturbation = (known, next) => {
  const { truth, files } = known;
  const times = new Map(files.map(({ path, facts }) => [path, facts?.time?.ms]));
  const groups = [...truth.sets.map(({ frames }) => frames.flatMap(framePaths)), ...singlesOf(known)]
    .map((paths) => ({ paths, from: Math.min(...paths.map((path) => times.get(path) ?? Number.POSITIVE_INFINITY)) }))
    .filter(({ from }) => Number.isFinite(from))
    .sort((a, b) => a.from - b.from);
  const moved = new Map<string, number>();
  let at = groups[0]?.from ?? 0;
  for (const { paths, from } of groups) {
    let end = at;
    for (const path of paths) {
      const ms = at + (times.get(path) ?? from) - from;
      const { exposure } = files.find((file) => file.path === path)?.facts ?? {};
      moved.set(path, ms);
      end = Math.max(end, ms + (exposure?.seconds ?? 0) * 1000);
    }
    at = end + 500 + next() ** 2 * 14_500;
  }
  return withFacts(known, (file) => {
    const { time } = file.facts ?? {};
    const ms = moved.get(file.path);
    if (!file.facts || !time || ms === undefined) return file;
    return {
      ...file,
      facts: { ...file.facts, time: { ...time, ms: Math.floor(ms / time.resolutionMs) * time.resolutionMs } },
    };
  });
};

/** Each with its twin. */
function singlesOf({ truth }: Known): string[][] {
  const inSets = new Set(truth.sets.flatMap(({ frames }) => frames.flatMap(framePaths)));
  const twins = (truth.twins ?? []).filter((twin) => !twin.some((path) => inSets.has(path)));
  const twinned = new Set(twins.flat());
  const alone = truth.notCandidates.filter((path) => !inSets.has(path) && !twinned.has(path));
  return [...twins, ...alone.map((path) => [path])];
}

export const PERTURBATIONS: Record<string, Perturbation> = {
  shuffle,
  strip,
  cutSubSeconds,
  shiftZone,
  drop,
  interleave,
  rename,
  squeeze,
};
