import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BLOCK_BYTES,
  createMemory,
  createPlainMemory,
  createSharedMemory,
  createUnsharedMemory,
  initialState,
  LANES,
  Md5Lanes,
  PAGE_BYTES,
  SCRATCH_BYTES,
} from '../index.ts';

const PAGES = LANES + 1;
/** At the start neither of the memory nor of a page. */
const SCRATCH = LANES * PAGE_BYTES + 1028;

const reference = (body: Uint8Array) => createHash('md5').update(body).digest('hex');

const MEMORIES = { shared: createSharedMemory, unshared: createUnsharedMemory, plain: createPlainMemory };

for (const [kind, create] of Object.entries(MEMORIES)) {
  const memory = create(PAGES);
  const bytes = new Uint8Array(memory.buffer);
  const lanes = new Md5Lanes({ memory, scratch: SCRATCH });

  /** Hashes all at once, each in two updates, of which the first ends after `split` of its blocks. */
  function md5s(bodies: readonly { body: Uint8Array; split: number }[]): string[] {
    const streams = bodies.map(({ body, split }, index) => {
      const address = index * PAGE_BYTES + 3;
      bytes.set(body, address);
      const blocks = Math.floor(body.length / BLOCK_BYTES);
      return { state: initialState(), body, address, blocks, first: Math.floor(blocks * split) };
    });
    lanes.update(streams.map(({ state, address, first }) => ({ state, address, blocks: first })));
    lanes.update(
      streams.map(({ state, address, blocks, first }) => ({
        state,
        address: address + first * BLOCK_BYTES,
        blocks: blocks - first,
      })),
    );
    return streams.map(({ state, body, blocks }) => {
      const digest = lanes.finish({ state, rest: body.subarray(blocks * BLOCK_BYTES), size: body.length });
      return Buffer.from(digest).toString('hex');
    });
  }

  test(`computes the MD5 that OpenSSL computes, at every length around a block and its padding, in ${kind} memory`, () => {
    for (let length = 0; length <= 3 * BLOCK_BYTES; length += 1) {
      const body = new Uint8Array(length).fill(length);
      assert.deepEqual(md5s([{ body, split: 0 }]), [reference(body)], `${length} bytes`);
    }
  });

  test(`computes it in every lane, for every number of streams, whatever the other lanes hash, in ${kind} memory`, () => {
    for (let count = 1; count <= LANES; count += 1) {
      const bodies = Array.from({ length: count }, (_, lane) => new Uint8Array(5 * BLOCK_BYTES + lane).fill(lane + 1));
      assert.deepEqual(md5s(bodies.map((body) => ({ body, split: 0.5 }))), bodies.map(reference), `${count} streams`);
    }
  });

  test(`keeps up to eight streams of any lengths apart, in ${kind} memory`, () => {
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

  test(`refuses more streams than there are lanes, and touches none of them, in ${kind} memory`, () => {
    const runs = Array.from({ length: LANES + 1 }, () => ({ state: initialState(), address: 0, blocks: 1 }));
    assert.throws(() => lanes.update(runs), RangeError);
    for (const { state } of runs) assert.deepEqual(state, initialState());
  });

  test(`writes only into its scratch bytes, in ${kind} memory`, () => {
    const own = create(PAGES);
    const all = new Uint8Array(own.buffer).fill(0xa5);
    const state = initialState();
    const hasher = new Md5Lanes({ memory: own, scratch: SCRATCH });
    hasher.update(Array.from({ length: LANES }, () => ({ state, address: 0, blocks: 1024 })));
    hasher.finish({ state, rest: all.slice(0, BLOCK_BYTES - 1), size: 1025 * BLOCK_BYTES - 1 });
    all.fill(0xa5, SCRATCH, SCRATCH + SCRATCH_BYTES);
    assert.equal(
      all.findIndex((byte) => byte !== 0xa5),
      -1,
    );
  });

  test(`counts a length in bits that does not fit into 32 bits, in ${kind} memory`, () => {
    const size = 2 ** 29;
    const chunk = bytes.subarray(0, 4 * PAGE_BYTES).fill(7);
    const state = initialState();
    const hash = createHash('md5');
    for (let done = 0; done < size; done += chunk.length) {
      lanes.update([{ state, address: 0, blocks: chunk.length / BLOCK_BYTES }]);
      hash.update(chunk);
    }
    const digest = lanes.finish({ state, rest: new Uint8Array(), size });
    assert.equal(Buffer.from(digest).toString('hex'), hash.digest('hex'));
  });
}

test('a memory is unshared where the platform has no shared memories', (t) => {
  assert.ok(createMemory(1).buffer instanceof SharedArrayBuffer);
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'SharedArrayBuffer') as PropertyDescriptor;
  t.after(() => Object.defineProperty(globalThis, 'SharedArrayBuffer', descriptor));
  Object.defineProperty(globalThis, 'SharedArrayBuffer', { ...descriptor, value: undefined });
  const memory = createMemory(PAGES);
  assert.ok(memory.buffer instanceof ArrayBuffer);
  const lanes = new Md5Lanes({ memory, scratch: SCRATCH });
  const digest = lanes.finish({ state: initialState(), rest: new Uint8Array(), size: 0 });
  assert.equal(Buffer.from(digest).toString('hex'), reference(new Uint8Array()));
});
