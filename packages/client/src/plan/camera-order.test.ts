import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareInCameraOrder } from './camera-order.ts';

test('numbers are numbers, case does not matter, and a sidecar stands by its photo', () => {
  const ordered = ['a/IMG_2.jpg', 'a/img_2.xmp', 'a/IMG_0010.jpg', 'a/IMG_11.jpg', 'a2/x.jpg', 'a10/x.jpg', 'b/1.jpg'];
  assert.deepEqual(ordered.toReversed().sort(compareInCameraOrder), ordered);
});

test('is an order: of any two different paths one comes first, and three agree', () => {
  const path = fc.stringMatching(/^[aB0-9_./]{0,8}$/);
  fc.assert(
    fc.property(path, path, path, (a, b, c) => {
      const order = Math.sign(compareInCameraOrder(a, b));
      assert.equal(order + Math.sign(compareInCameraOrder(b, a)), 0);
      if (a !== b) assert.notEqual(order, 0);
      if (order <= 0 && compareInCameraOrder(b, c) <= 0) assert.ok(compareInCameraOrder(a, c) <= 0);
    }),
    { numRuns: 1000 },
  );
});
