import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHarness, type Harness } from '../../test/fakes/harness.ts';
import { MemoryFile, photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful } from '../../test/fakes/truthful.ts';

const PHOTOS = ['.CR2', '.JPG'];
/** What may lie beside each other in a shot: twins, and sidecars of both styles. */
const ENDINGS = [...PHOTOS, '.xmp', '.CR2.xmp', '.JPG.dop', '.WAV'];
const STEMS = ['IMG_1', '1'];

const isPhoto = (ending: string) => PHOTOS.includes(ending);
/** The photos that a sidecar is about. */
const photosOf = (sidecar: string) => {
  const own = PHOTOS.filter((photo) => sidecar.startsWith(`${photo}.`));
  return own.length > 0 ? own : PHOTOS;
};

/** Shots of one stem are different photos whose sidecars have equal bytes. A shot is the same wherever it lies. */
const bytesOf = (shot: number, ending: string) =>
  photoBytes(600 + ENDINGS.indexOf(ending), isPhoto(ending) ? shot : 50 + (shot % STEMS.length));

/** Some files of a shot in a folder; no sidecar without its photo. */
const lying = fc.record({
  folder: fc.constantFrom('/CARD1/100', '/CARD1/101', '/CARD2/100', '/CARD2', '/x/CARD2/100'),
  shot: fc.nat({ max: 5 }),
  endings: fc
    .subarray(ENDINGS)
    .map((all) => all.filter((each) => isPhoto(each) || photosOf(each).some((photo) => all.includes(photo)))),
});
type Lying = { folder: string; shot: number; endings: string[] };

/** Photos that others sent to the project, alone or with all that belongs to them, by names that these shots may want. */
const foreign = fc.record({
  stem: fc.constantFrom('IMG_1', '1', '100_IMG_1', 'CARD2_1'),
  endings: fc.constantFrom(ENDINGS, ['.CR2'], ['.JPG']),
  seed: fc.constantFrom(90, 91),
});

/** An earlier run that sent a part of the card, and may have been ended after some number of files. */
const earlier = fc.record({ part: fc.infiniteStream(fc.boolean()), endAfter: fc.option(fc.nat({ max: 8 })) });

type Local = { file: MemoryFile; shot: number; ending: string };

function cardOf(lyings: readonly Lying[]): Local[] {
  const card = new Map<string, Local[]>();
  for (const { folder, shot, endings } of lyings) {
    const stem = `${folder}/${STEMS[shot % STEMS.length]}`;
    if (card.has(stem)) continue;
    const file = (ending: string) => new MemoryFile(stem + ending, bytesOf(shot, ending), 1.7e12 + shot);
    card.set(
      stem,
      endings.map((ending) => ({ file: file(ending), shot, ending })),
    );
  }
  return [...card.values()].flat();
}

const rename = (harness: Harness, card: readonly Local[], signal?: AbortSignal) =>
  harness.upload(
    card.map(({ file }) => file),
    { duplicates: 'rename', signal },
  );

async function interrupted(harness: Harness, card: readonly Local[], endAfter: number): Promise<void> {
  const end = new AbortController();
  let left = endAfter;
  harness.cloud.onStored = () => {
    if (left-- <= 0) end.abort();
  };
  await rename(harness, card, end.signal).catch(() => {});
  harness.cloud.onStored = () => {};
}

function assertEachOnce({ cloud }: Harness, card: readonly Local[]): void {
  const stored = [...cloud.project.files].map(([name, { bytes }]) => ({ name, bytes }));
  const namesOf = (bytes: Uint8Array) =>
    stored.filter((one) => Buffer.compare(one.bytes, bytes) === 0).map(({ name }) => name);
  for (const { file, shot, ending } of card) {
    const names = namesOf(file.bytes);
    if (isPhoto(ending)) assert.equal(names.length, 1, `${file.path} is stored as ${names}`);
    else {
      const photos = photosOf(ending).flatMap((photo) => namesOf(bytesOf(shot, photo)));
      const beside = photos.map((photo) => photo.slice(0, photo.lastIndexOf('.')) + ending);
      assert.ok(
        beside.some((name) => names.includes(name)),
        `${file.path} lies beside one of ${photos}: ${names}`,
      );
    }
  }
}

test('renaming stores each photo once with its sidecars beside it, and sends nothing the next time', async () => {
  const lyings = fc.array(lying, { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(
    ...([lyings, fc.array(foreign, { maxLength: 4 }), fc.array(earlier, { maxLength: 3 }), fc.boolean()] as const),
    async (all, others, runs, remembers) => {
      const harness = createHarness();
      const { cloud, memory } = harness;
      const there = new Map(
        others.flatMap(({ stem, endings, seed }) => endings.map((ending) => [stem + ending, photoBytes(500, seed)])),
      );
      const foreignFiles = [...there].map(([name, bytes]) => new MemoryFile(`/other/${name}`, bytes));
      await harness.upload([...foreignFiles, new MemoryFile('/other/unlike.jpg', photoBytes(9, 9))]);
      for (const { part, endAfter } of runs) {
        const card = cardOf(all.filter(() => part.next().value));
        await interrupted(harness, card, endAfter ?? Number.POSITIVE_INFINITY);
        if (!remembers) memory.scopes.clear();
      }
      const card = cardOf(all);
      const files = card.map(({ file }) => file);
      const summary = await rename(harness, card);
      assert.equal(summary.failed, 0);
      assertTruthful(harness, files, summary);
      assertEachOnce(harness, card);
      for (const [name, bytes] of there) assert.deepEqual(cloud.project.files.get(name)?.bytes, bytes, name);

      const count = cloud.project.files.size;
      const again = await rename(harness, card);
      assert.deepEqual([again.bytes, again.failed, again.successful], [0, 0, 0]);
      assert.equal(cloud.project.files.size, count);
    },
  );
  await fc.assert(property, { numRuns: 100 });
});
