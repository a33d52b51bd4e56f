import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK, createSharedMemory, initialState, LANES, Md5Lanes, PAGE, SCRATCH_BYTES } from './index.ts';

const PAGES = LANES + 1;
/** Neither where the memory begins nor where a page does. */
const SCRATCH = LANES * PAGE + 1028;

const memory = createSharedMemory(PAGES);
const bytes = new Uint8Array(memory.buffer);
const lanes = new Md5Lanes({ memory, scratch: SCRATCH });

const reference = (body: Uint8Array) => createHash('md5').update(body).digest('hex');

/** Hashes all at once, each in two updates, of which the first ends after `split` of its blocks. */
function md5s(bodies: readonly { body: Uint8Array; split: number }[]): string[] {
  const streams = bodies.map(({ body, split }, index) => {
    const address = index * PAGE + 3;
    bytes.set(body, address);
    const blocks = Math.floor(body.length / BLOCK);
    return { state: initialState(), body, address, blocks, first: Math.floor(blocks * split) };
  });
  lanes.update(streams.map(({ state, address, first }) => ({ state, address, blocks: first })));
  lanes.update(
    streams.map(({ state, address, blocks, first }) => ({
      state,
      address: address + first * BLOCK,
      blocks: blocks - first,
    })),
  );
  return streams.map(({ state, body, blocks }) => {
    const digest = lanes.finish({ state, rest: body.subarray(blocks * BLOCK), size: body.length });
    return Buffer.from(digest).toString('hex');
  });
}

test('gives the MD5 that OpenSSL gives, at every length around a block and its padding', () => {
  for (let length = 0; length <= 3 * BLOCK; length += 1) {
    const body = new Uint8Array(length).fill(length);
    assert.deepEqual(md5s([{ body, split: 0 }]), [reference(body)], `${length} bytes`);
  }
});

test('gives it in every lane, whatever the other lanes hash, at every number of streams', () => {
  for (let count = 1; count <= LANES; count += 1) {
    const bodies = Array.from({ length: count }, (_, lane) => new Uint8Array(5 * BLOCK + lane).fill(lane + 1));
    assert.deepEqual(md5s(bodies.map((body) => ({ body, split: 0.5 }))), bodies.map(reference), `${count} streams`);
  }
});

test('keeps up to eight streams of any lengths apart', () => {
  const body = fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ minLength: 20_000, maxLength: 30_000 }));
  const stream = fc.record({ body, split: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(stream, { minLength: 1, maxLength: LANES }), (streams) => {
      assert.deepEqual(
        md5s(streams),
        streams.map(({ body }) => reference(body)),
      );
    }),
    { numRuns: 100 },
  );
});

test('refuses more streams than there are lanes, and touches none of them', () => {
  const runs = Array.from({ length: LANES + 1 }, () => ({ state: initialState(), address: 0, blocks: 1 }));
  assert.throws(() => lanes.update(runs), RangeError);
  for (const { state } of runs) assert.deepEqual(state, initialState());
});

test('writes into nothing but its scratch room', () => {
  const own = createSharedMemory(PAGES);
  const all = new Uint8Array(own.buffer).fill(0xa5);
  const state = initialState();
  const hasher = new Md5Lanes({ memory: own, scratch: SCRATCH });
  hasher.update(Array.from({ length: LANES }, () => ({ state, address: 0, blocks: 1024 })));
  hasher.finish({ state, rest: all.slice(0, BLOCK - 1), size: 1025 * BLOCK - 1 });
  all.fill(0xa5, SCRATCH, SCRATCH + SCRATCH_BYTES);
  assert.equal(
    all.findIndex((byte) => byte !== 0xa5),
    -1,
  );
});

test('counts a length whose bits do not fit 32 bits', () => {
  const size = 2 ** 29;
  const piece = bytes.subarray(0, 4 * PAGE).fill(7);
  const state = initialState();
  const hash = createHash('md5');
  for (let done = 0; done < size; done += piece.length) {
    lanes.update([{ state, address: 0, blocks: piece.length / BLOCK }]);
    hash.update(piece);
  }
  const digest = lanes.finish({ state, rest: new Uint8Array(), size });
  assert.equal(Buffer.from(digest).toString('hex'), hash.digest('hex'));
});
