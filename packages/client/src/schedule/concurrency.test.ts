import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AdaptiveConcurrency, DEFAULT_CONCURRENCY } from './concurrency.ts';

/** A path that gives every transfer `each` bytes a second, until it is full at `capacity`. */
const path = (each: number, capacity: number) => (transfers: number) => Math.min(each * transfers, capacity);

function settle(adaptive: AdaptiveConcurrency, goodputOf: (transfers: number) => number, windows = 400): number {
  for (let window = 0; window < windows; window += 1) {
    adaptive.observe({ goodput: goodputOf(adaptive.limit), saturated: true });
  }
  return adaptive.limit;
}

test('never leaves its bounds, whatever it sees', () => {
  const step = fc.oneof(
    fc.record({ goodput: fc.double({ min: 0, max: 1e10, noNaN: true }), saturated: fc.boolean() }),
    fc.constant('congestion' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 64 }), (steps, max) => {
      const adaptive = new AdaptiveConcurrency({ ...DEFAULT_CONCURRENCY, max });
      for (const each of steps) {
        if (each === 'congestion') adaptive.backOff();
        else adaptive.observe(each);
        assert.ok(Number.isInteger(adaptive.limit) && adaptive.limit >= 1 && adaptive.limit <= max);
      }
    }),
  );
});

test('fills the path, and takes few more transfers than that needs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), (needed) => {
      const limit = settle(new AdaptiveConcurrency(), path(1e6, needed * 1e6));
      assert.ok(limit >= needed * 0.8 && limit <= needed * 2 + 4, `${limit} transfers where ${needed} fill the path`);
    }),
  );
});

test('congestion takes off at once, and it comes back', () => {
  const adaptive = new AdaptiveConcurrency();
  const found = settle(adaptive, path(1e6, 16e6));
  adaptive.backOff();
  assert.ok(adaptive.limit < found);
  adaptive.backOff();
  adaptive.backOff();
  assert.ok(settle(adaptive, path(1e6, 16e6)) >= 12);
});

test('does not grow while more slots would not be used', () => {
  const adaptive = new AdaptiveConcurrency();
  const before = adaptive.limit;
  for (let window = 0; window < 100; window += 1) adaptive.observe({ goodput: 1e6 * window, saturated: false });
  assert.equal(adaptive.limit, before);
});
