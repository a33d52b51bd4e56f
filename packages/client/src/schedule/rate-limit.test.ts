import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../test/fakes/virtual-clock.ts';
import { createRateLimit } from './rate-limit.ts';

test('over any stretch of time no more leaves than the rate and one burst allow', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 100, max: 10_000_000 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 30 }),
      async (bytesPerSecond, transfers, pieces) => {
        const clock = new VirtualClock();
        const pace = createRateLimit({ bytesPerSecond, clock });
        const sent: { at: number; bytes: number }[] = [];
        const transfer = async () => {
          for (let piece = 0; piece < pieces; piece += 1) {
            await pace.take(pace.piece);
            sent.push({ at: clock.now(), bytes: pace.piece });
          }
        };
        await clock.run(Promise.all(Array.from({ length: transfers }, transfer)));
        for (const [from, first] of sent.entries()) {
          let bytes = 0;
          for (const { at, bytes: more } of sent.slice(from)) {
            bytes += more;
            const allowed = (bytesPerSecond * (at - first.at)) / 1000 + pace.piece + 1e-6 * bytes;
            assert.ok(bytes <= allowed, `${bytes} bytes in ${at - first.at} ms at ${bytesPerSecond}/s`);
          }
        }
      },
    ),
    { numRuns: 30 },
  );
});
