import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PART_COUNT, MAX_PART_SIZE, MIN_PART_SIZE } from '@darkslide/contract';
import fc from 'fast-check';
import { partCountOf, partRange, partSizeFor, possiblePartSizes } from './part-size.ts';

const LARGEST = MAX_PART_SIZE * MAX_PART_COUNT;
const sizes = fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: LARGEST }));
const bandwidths = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });

test('parts keep to the limits of S3, for every file and bandwidth', () => {
  fc.assert(
    fc.property(sizes, bandwidths, (size, bandwidth) => {
      const partSize = partSizeFor({ size, bandwidth });
      assert.ok(partSize >= MIN_PART_SIZE && partSize <= MAX_PART_SIZE);
      assert.ok(partCountOf({ size, partSize }) <= MAX_PART_COUNT);
      assert.ok(possiblePartSizes({ size, count: partCountOf({ size, partSize }) }).includes(partSize));
    }),
  );
});

test('the limits themselves have parts', () => {
  const useful = 64 * 1024 * 1024;
  for (const size of [useful * MAX_PART_COUNT - 1, useful * MAX_PART_COUNT, useful * MAX_PART_COUNT + 1, LARGEST]) {
    assert.ok(partCountOf({ size, partSize: partSizeFor({ size, bandwidth: 1e9 }) }) <= MAX_PART_COUNT, `${size}`);
  }
  assert.throws(() => partSizeFor({ size: LARGEST + 1 }), RangeError);
  assert.throws(() => partSizeFor({ size: 0 }), RangeError);
});

test('ranges cover the file, without a hole and without overlap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), bandwidths, (size, bandwidth) => {
      const partSize = partSizeFor({ size, bandwidth });
      let at = 0;
      for (let partNumber = 1; partNumber <= partCountOf({ size, partSize }); partNumber += 1) {
        const { start, end } = partRange({ size, partSize, partNumber });
        assert.equal(start, at);
        assert.ok(end > start && end - start <= partSize);
        at = end;
      }
      assert.equal(at, size);
    }),
  );
});
