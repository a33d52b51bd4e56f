import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { photo } from '../../test/fakes/harness.ts';
import { VirtualClock } from '../../test/fakes/virtual-clock.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { ProgressTracker } from './progress.ts';

test('the remaining time is a number that means something, or none', () => {
  const step = fc.record({
    bytes: fc.oneof(
      fc.nat(10),
      fc.nat(2 ** 40).map((bytes) => bytes - 2 ** 39),
    ),
    waitMs: fc.oneof(fc.nat(300), fc.nat(2 ** 40)),
  });
  fc.assert(
    fc.property(fc.nat(2 ** 50), fc.array(step, { maxLength: 20 }), (total, steps) => {
      const clock = new VirtualClock();
      const progress = new ProgressTracker({ onEvent: () => {}, onChange: () => {}, weightOf: () => 1, clock });
      const file: PlannedFile = { index: 0, name: 'a.NEF', source: photo('a.NEF', 10).source() };
      progress.expect(1, total);
      progress.start(file);
      for (const { bytes, waitMs } of steps) {
        if (bytes >= 0) progress.addSent(file, bytes);
        else progress.addStored(file, bytes);
        clock.suspend(waitMs);
        progress.sample();
        const { secondsLeft } = progress.snapshot({ active: 0, limit: 1 });
        assert.ok(secondsLeft === null || (secondsLeft >= 0 && secondsLeft <= 30 * 24 * 3600), `${secondsLeft} s`);
      }
    }),
  );
});
