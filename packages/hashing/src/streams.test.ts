import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPlainMemory, createSharedMemory, createUnsharedMemory, Md5Streams } from './index.ts';

const PAGES = 32;
const SCRATCH_BYTES = 4096;
const ROOM = 65_536 * PAGES - SCRATCH_BYTES;
/** Every chunk except the last has this size. */
const CHUNK_BYTES = 1024;

const MEMORIES = { shared: createSharedMemory, unshared: createUnsharedMemory, plain: createPlainMemory };

/** Hashes all at once, a chunk of each stream in turn, each stream in its own range of the memory. */
function md5s(kind: keyof typeof MEMORIES, bodies: readonly Uint8Array[]): string[] {
  const memory = MEMORIES[kind](PAGES);
  const bytes = new Uint8Array(memory.buffer);
  const streams = new Md5Streams(memory);
  const share = Math.floor(ROOM / bodies.length);
  const results: string[] = [];
  const feeds = bodies.map((body, index) => {
    const base = SCRATCH_BYTES + index * share;
    bytes.set(body, base);
    const stream = streams.begin((md5) => {
      results[index] = md5;
    });
    let at = 0;
    const feed = () => {
      const length = Math.min(CHUNK_BYTES, body.length - at);
      const last = at + length === body.length;
      const offset = base + at;
      at += length;
      streams.add(stream, { offset, length, last, done: () => !last && feed() });
    };
    return feed;
  });
  for (const feed of feeds) feed();
  while (streams.work());
  return results;
}

const reference = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

for (const kind of ['shared', 'unshared', 'plain'] as const) {
  test(`computes the MD5 that OpenSSL computes, at every length around a block and a chunk, in ${kind} memory`, () => {
    const lengths = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1023, 1024, 1025, 2048, 2049];
    for (const length of lengths) {
      const body = new Uint8Array(length).fill(length);
      assert.deepEqual(md5s(kind, [body]), [reference(body)], `${length} bytes`);
    }
  });

  test(`keeps any number of streams apart, in ${kind} memory`, () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 13 }), (bodies) => {
        assert.deepEqual(md5s(kind, bodies), bodies.map(reference));
      }),
      { numRuns: 60 },
    );
  });
}
