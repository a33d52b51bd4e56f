/** Damaged files: whatever bytes there are, reading ends, reads only inside of the file, and throws nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_FACTS_BYTES, previewRange, readPhoto } from '../src/index.ts';
import { haveSamples, memorySource, samplePaths } from './support/samples.ts';
import { seeds } from './support/seeds.ts';

/** FUZZ_RUNS=100000 is the long mode. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 3000);
const TIMEOUT_MS = 60 * 60_000;

/** Values that break arithmetic on offsets, lengths and counts. */
const NASTY = [0, 1, 2, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

type Mutation =
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'word'; at: number; value: number; littleEndian: boolean }
  | { kind: 'cut'; at: number }
  | { kind: 'copy'; at: number; from: number; length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('word' as const),
      at: place,
      value: fc.oneof(fc.constantFrom(...NASTY), fc.nat(100_000)),
      littleEndian: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('copy' as const),
      at: place,
      from: place,
      length: fc.integer({ min: 1, max: 64 }),
    }),
  },
);

function mutated(seed: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let bytes = seed.slice();
  for (const change of mutations) {
    // Directories are at the beginning: most changes go there.
    const at = Math.floor(change.at ** 2 * bytes.length);
    if (change.kind === 'byte' && at < bytes.length) bytes[at] = change.value;
    else if (change.kind === 'word' && at + 4 <= bytes.length) {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, change.value, change.littleEndian);
    } else if (change.kind === 'cut') bytes = bytes.slice(0, at);
    else if (change.kind === 'copy') {
      const from = Math.floor(change.from * bytes.length);
      bytes.set(bytes.slice(from, Math.min(from + change.length, from + bytes.length - at)), at);
    }
  }
  return bytes;
}

/** Fails for a read outside of the file, and for more bytes than facts may take. */
function strictSource(bytes: Uint8Array) {
  const { size, read } = memorySource(bytes);
  let total = 0;
  return {
    size,
    read: (from: number, to: number) => {
      assert.ok(
        Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to > from && to <= size,
        `${from}–${to}`,
      );
      total += to - from;
      assert.ok(total <= MAX_FACTS_BYTES);
      return read(from, to);
    },
  };
}

async function survives(name: string, bytes: Uint8Array): Promise<void> {
  const facts = await readPhoto(strictSource(bytes), name);
  assert.ok(typeof facts.kind === 'string');
  if (facts.kind === 'unknown') assert.ok(facts.reason);
  const preview = await previewRange(strictSource(bytes), facts);
  if (preview) assert.ok(preview.offset >= 0 && preview.offset + preview.length <= bytes.length);
}

const fuzz = (files: readonly [string, Uint8Array][], numRuns: number) =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      async ([name, seed], mutations) => survives(name, mutated(seed, mutations)),
    ),
    { numRuns },
  );

test('mutated files of every format have facts or a reason', { timeout: TIMEOUT_MS }, () => fuzz(seeds(), RUNS));

test('mutated heads of real photos have facts or a reason', { timeout: TIMEOUT_MS }, async (t) => {
  if (!haveSamples(t)) return;
  const step = 7;
  const paths = samplePaths().filter((path, index) => /\/(raw|heic|damaged|jpeg)\//.test(path) || index % step === 0);
  await fuzz(
    paths.map((path) => [path, readFileSync(path).subarray(0, 128 * 1024)]),
    RUNS,
  );
});

test('random bytes behind each magic number have facts or a reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds()), fc.uint8Array({ maxLength: 600 }), async ([name, seed], noise) => {
      const bytes = new Uint8Array(16 + noise.length);
      bytes.set(seed.subarray(0, 16));
      bytes.set(noise, 16);
      await survives(name, bytes);
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
});

test('every length of every format has facts or a reason', async () => {
  for (const [name, seed] of seeds()) {
    for (let length = 0; length <= Math.min(seed.length, 400); length += 1) await survives(name, seed.slice(0, length));
  }
});
