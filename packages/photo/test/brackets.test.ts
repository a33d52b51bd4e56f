/** Shoots with known sets, as they are and as photographers, cameras and programs change them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupShoot, type Shoot } from '../src/index.ts';
import { add, f1, type Known, knownShoots, noScore, precision, recall, type Score, score } from './support/brackets.ts';
import { PERTURBATIONS } from './support/perturb.ts';
import { random } from './support/random.ts';
import { haveSamples } from './support/samples.ts';

type Sums = Map<string, Score>;

function sumBy(sums: Sums, key: string, one: Score): void {
  const sum = sums.get(key) ?? noScore();
  sums.set(key, sum);
  add(sum, one);
}

const line = (name: string, sum: Score) =>
  `${name}: F1 ${f1(sum).toFixed(3)}, precision ${precision(sum).toFixed(3)}, recall ${recall(sum).toFixed(3)}, ` +
  `exact ${sum.exact}/${sum.sets}, completeness ${sum.right}/${sum.judged}, false sets ${sum.falseSets} of ${sum.negatives} frames`;

function isAtLeast(value: number, bound: number, sum: Score, name: string): void {
  assert.ok(value >= bound, `${line(name, sum)}; at least ${bound} is wanted`);
}

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);

let known: Promise<Known[]> | undefined;
const shoots = () => {
  known ??= knownShoots();
  return known;
};

test('sets of the known shoots are found, told apart and judged', async (t) => {
  if (!haveSamples(t)) return;
  const [strata, makers]: [Sums, Sums] = [new Map(), new Map()];
  for (const { truth, files } of await shoots()) {
    const one = score(truth, groupShoot(files));
    sumBy(strata, truth.stratum, one);
    if (truth.stratum === 'aeb' || truth.stratum === 'mixed') sumBy(makers, truth.maker, one);
  }
  for (const [name, sum] of [...strata, ...makers]) t.diagnostic(line(name, sum));
  for (const [maker, sum] of makers) {
    isAtLeast(f1(sum), 0.99, sum, maker);
    isAtLeast(share(sum.exact, sum.sets), 0.98, sum, maker);
  }
  const of = (stratum: string) => strata.get(stratum) ?? noScore();
  for (const stratum of ['aeb', 'stripped', 'mixed']) {
    isAtLeast(share(of(stratum).right, of(stratum).judged), 0.98, of(stratum), stratum);
  }
  isAtLeast(f1(of('stripped')), 0.97, of('stripped'), 'stripped');
  isAtLeast(precision(of('hand')), 0.99, of('hand'), 'hand');
  isAtLeast(recall(of('hand')), 0.3, of('hand'), 'hand');
  for (const sum of strata.values()) assert.ok(sum.falseSets <= sum.negatives * 0.005);
});

test('twins and sidecars of the known shoots are with their shots', async (t) => {
  if (!haveSamples(t)) return;
  for (const { name, truth, files } of await shoots()) {
    const shoot = groupShoot(files);
    const shotOf = new Map(shoot.shots.flatMap(({ id, files: own }) => own.map(({ path }) => [path, id] as const)));
    for (const twin of truth.twins ?? []) {
      assert.equal(new Set(twin.map((path) => shotOf.get(path))).size, 1, `${name}: ${twin}`);
    }
    for (const [sidecar, owner] of Object.entries(truth.sidecars ?? {})) {
      assert.equal(shotOf.get(sidecar), shotOf.get(owner), `${name}: ${sidecar}`);
    }
  }
});

/** What each change may cost at most: pairs, and returns about completeness, of shoots with tags and of stripped ones. */
const BOUNDS: Record<string, { aeb: number; stripped: number; completeness: number }> = {
  shuffle: { aeb: 1, stripped: 1, completeness: 0.98 },
  cutSubSeconds: { aeb: 0.99, stripped: 0.97, completeness: 0.98 },
  shiftZone: { aeb: 1, stripped: 1, completeness: 0.98 },
  interleave: { aeb: 0.99, stripped: 0.97, completeness: 0.98 },
  rename: { aeb: 0.98, stripped: 0.97, completeness: 0.96 },
  drop: { aeb: 0.99, stripped: 0.93, completeness: 0.93 },
  strip: { aeb: 0.95, stripped: 1, completeness: 0.93 },
  squeeze: { aeb: 0.99, stripped: 0.97, completeness: 0.98 },
};

for (const [name, perturb] of Object.entries(PERTURBATIONS)) {
  test(`sets are still found after: ${name}`, async (t) => {
    if (!haveSamples(t)) return;
    const sums: Sums = new Map();
    for (const one of await shoots()) {
      for (const seed of name === 'drop' ? [1, 2, 3] : [1]) {
        const changed = perturb(one, random(seed));
        sumBy(sums, one.truth.stratum, score(changed.truth, groupShoot(changed.files)));
      }
    }
    for (const [stratum, sum] of sums) t.diagnostic(line(stratum, sum));
    const of = (stratum: string) => sums.get(stratum) ?? noScore();
    const bounds = BOUNDS[name] as (typeof BOUNDS)[string];
    isAtLeast(f1(of('aeb')), bounds.aeb, of('aeb'), 'aeb');
    isAtLeast(f1(of('stripped')), bounds.stripped, of('stripped'), 'stripped');
    const [right, judged] = [of('aeb').right + of('stripped').right, of('aeb').judged + of('stripped').judged];
    assert.ok(share(right, judged) >= bounds.completeness, `completeness ${right} of ${judged}`);
    for (const sum of sums.values()) assert.ok(sum.falseSets <= sum.negatives * 0.005);
  });
}

const setsIn = ({ sets }: Shoot) => sets.map(({ id, frames }) => `${id}: ${frames.map(({ shot }) => shot)}`).sort();

test('the order of files changes nothing at all', async (t) => {
  if (!haveSamples(t)) return;
  for (const one of await shoots()) {
    const shuffled = PERTURBATIONS.shuffle?.(one, random(7)).files ?? [];
    assert.deepEqual(groupShoot(shuffled), groupShoot(one.files), one.name);
  }
});

test('sets stay when another shoot is added', async (t) => {
  if (!haveSamples(t)) return;
  const all = (await shoots()).filter(({ truth }) => truth.stratum === 'aeb');
  for (const [index, one] of all.entries()) {
    const other = all[(index + 1) % all.length] as Known;
    if (one.truth.maker === other.truth.maker) continue;
    const inFolder = (folder: string, { files }: Known) =>
      files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
    const before = setsIn(groupShoot(inFolder('a', one)));
    const after = setsIn(groupShoot([...inFolder('a', one), ...inFolder('b', other)]));
    assert.deepEqual(
      before.filter((set) => !after.includes(set)),
      [],
      `${one.name} with ${other.name}`,
    );
  }
});
