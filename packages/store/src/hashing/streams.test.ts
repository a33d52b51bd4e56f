import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createSharedMemory } from '@darkslide/hashing';
import fc from 'fast-check';
import { HashStreams } from './streams.ts';

const BUFFER_BYTES = 65_536;
const BUFFERS = 8;

const memory = createSharedMemory(BUFFERS + 1);
const bytes = new Uint8Array(memory.buffer);

test('any number of streams of any length have the digests that node:crypto finds', async () => {
  const stream = fc.record({
    // Around a block, a padded block and a buffer.
    size: fc.oneof(
      fc.nat(200),
      fc.nat(3 * BUFFER_BYTES),
      fc.constantFrom(55, 56, 63, 64, 119, 120, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1),
    ),
    seed: fc.nat(255),
    sha: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: BUFFERS }), async (plans) => {
      const streams = new HashStreams({ memory, scratch: BUFFERS * BUFFER_BYTES });
      const hashed = plans.map(async ({ size, seed, sha }, id) => {
        const content = Buffer.from(Array.from({ length: size }, (_, index) => (index * 31 + seed) & 255));
        streams.open(id, sha ? ['MD5', 'SHA256'] : ['MD5']);
        for (let from = 0; from < size; from += BUFFER_BYTES) {
          const chunk = content.subarray(from, from + BUFFER_BYTES);
          bytes.set(chunk, id * BUFFER_BYTES);
          await streams.update(id, id * BUFFER_BYTES, chunk.length);
        }
        const digests = await streams.finish(id);
        assert.equal(digests.MD5, createHash('md5').update(content).digest('base64'));
        assert.equal(digests.SHA256, sha ? createHash('sha256').update(content).digest('base64') : undefined);
      });
      await Promise.all(hashed);
    }),
    { numRuns: 60 },
  );
});

test('a stream that was dropped holds up no other', async () => {
  const streams = new HashStreams({ memory, scratch: BUFFERS * BUFFER_BYTES });
  streams.open(1, ['MD5']);
  streams.open(2, ['MD5']);
  await streams.update(1, 0, BUFFER_BYTES);
  streams.drop(1);
  await streams.update(2, 0, 0);
  const { MD5 } = await streams.finish(2);
  assert.equal(MD5, createHash('md5').digest('base64'));
});
