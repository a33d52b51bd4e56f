import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPhoto, type Shoot, type ShootFile } from '../../src/index.ts';
import { fileSource, SAMPLES } from './samples.ts';

const FOLDER = join(SAMPLES, 'brackets');

type TrueFrame = string | { shot: string[] };
export type TrueSet = {
  kind: string;
  frames: TrueFrame[];
  complete?: boolean | null;
  expected?: number | null;
  missing?: number[] | null;
};
export type TrueShoot = {
  stratum: 'aeb' | 'stripped' | 'hand' | 'negative' | 'mixed';
  maker: string;
  sets: TrueSet[];
  notCandidates: string[];
  twins?: string[][];
  sidecars?: Record<string, string>;
};

/** A shoot with its right answers. */
export type Known = { name: string; truth: TrueShoot; files: ShootFile[] };

export async function knownShoots(): Promise<Known[]> {
  const { shoots } = JSON.parse(readFileSync(join(FOLDER, 'truth.json'), 'utf8')) as {
    shoots: Record<string, TrueShoot>;
  };
  const known: Known[] = [];
  for (const [name, truth] of Object.entries(shoots)) {
    known.push({ name, truth, files: await filesOf(join(FOLDER, 'shoots', name)) });
  }
  return known;
}

async function filesOf(folder: string): Promise<ShootFile[]> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const source = fileSource(path);
      return { path: path.slice(folder.length + 1), size: source.size, facts: await readPhoto(source, entry.name) };
    }),
  );
}

export const framePaths = (frame: TrueFrame): string[] => (typeof frame === 'string' ? [frame] : frame.shot);

export type Score = {
  tp: number;
  fp: number;
  fn: number;
  sets: number;
  exact: number;
  judged: number;
  right: number;
  negatives: number;
  falseSets: number;
};

export const noScore = (): Score => ({
  tp: 0,
  fp: 0,
  fn: 0,
  sets: 0,
  exact: 0,
  judged: 0,
  right: 0,
  negatives: 0,
  falseSets: 0,
});

export function add(sum: Score, one: Score): void {
  for (const key of Object.keys(sum) as (keyof Score)[]) sum[key] += one[key];
}

export const f1 = ({ tp, fp, fn }: Score) => (2 * tp) / (2 * tp + fp + fn || 1);
export const precision = ({ tp, fp }: Score) => (tp + fp === 0 ? 1 : tp / (tp + fp));
export const recall = ({ tp, fn }: Score) => tp / (tp + fn || 1);

/** The same figures as the collection's own scorer: pairs of shots, exact sets, completeness, false sets. */
export function score(truth: TrueShoot, shoot: Shoot): Score {
  const keyOf = shotKeys(truth);
  const filesOfShot = new Map(shoot.shots.map(({ id, files }) => [id, files.map(({ path }) => path)]));
  const keys = (paths: readonly string[]) => [...new Set(paths.map(keyOf))];
  const wanted = truth.sets
    .filter(({ kind, frames }) => kind === 'exposure' && frames.length > 1)
    .map((set) => ({ keys: keys(set.frames.flatMap(framePaths)), complete: set.complete ?? null }));
  const given = shoot.sets
    .filter(({ kind, frames }) => kind === 'exposure' && frames.length > 1)
    .map((set) => ({
      keys: keys(set.frames.flatMap(({ shot }) => filesOfShot.get(shot) ?? [])),
      complete: set.complete,
    }));
  const inSets = new Set(
    truth.sets.filter(({ kind }) => kind === 'exposure').flatMap(({ frames }) => keys(frames.flatMap(framePaths))),
  );
  const [a, b] = [pairs(given), pairs(wanted)];
  const known = wanted.filter(({ complete }) => complete !== null);
  return {
    tp: a.intersection(b).size,
    fp: a.difference(b).size,
    fn: b.difference(a).size,
    sets: wanted.length,
    exact: wanted.filter((set) => given.some((other) => isEqual(set.keys, other.keys))).length,
    judged: known.length,
    right: known.filter((set) => nearest(set.keys, given)?.complete === set.complete).length,
    negatives: keys(truth.notCandidates).filter((key) => !inSets.has(key)).length,
    falseSets: given.filter((set) => set.keys.every((key) => !inSets.has(key))).length,
  };
}

function shotKeys({ twins = [], sets, sidecars = {} }: TrueShoot): (path: string) => string {
  const groups = [...twins, ...sets.flatMap(({ frames }) => frames.map(framePaths))];
  const keys = new Map(groups.flatMap((group) => group.map((path) => [path, group[0] as string] as const)));
  for (const [sidecar, owner] of Object.entries(sidecars)) keys.set(sidecar, keys.get(owner) ?? owner);
  return (path) => keys.get(path) ?? path;
}

type Keyed = { keys: string[]; complete: boolean | null };

const pairs = (sets: readonly Keyed[]) =>
  new Set(
    sets.flatMap(({ keys }) => keys.flatMap((a, index) => keys.slice(index + 1).map((b) => [a, b].sort().join('\n')))),
  );

const isEqual = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && new Set(a).symmetricDifference(new Set(b)).size === 0;

function nearest(keys: readonly string[], given: readonly Keyed[]): Keyed | undefined {
  const likeness = (set: Keyed) =>
    new Set(set.keys).intersection(new Set(keys)).size / new Set([...set.keys, ...keys]).size;
  return given.filter((set) => likeness(set) >= 0.5).toSorted((a, b) => likeness(b) - likeness(a))[0];
}
