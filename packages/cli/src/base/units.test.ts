import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, parseRate } from './units.ts';

test('bytes are told in the unit that fits', () => {
  const told = [0, 999, 1000, 1_500_000, 99_900_000, 999_499_999, 999_500_000, 2e15].map(formatBytes);
  assert.deepEqual(told, ['0 B', '999 B', '1.0 kB', '1.5 MB', '100 MB', '999 MB', '1.0 GB', '2.0 PB']);
});

test('durations are told as people say them', () => {
  assert.deepEqual([0, 9.94, 10, 59.4, 60, 200, 3600, 7500].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '3 min 20 s',
    '1 h 0 min',
    '2 h 5 min',
  ]);
});

test('rates are read with and without units, and nothing else is', () => {
  const read = ['500', '500K', '20M', '1.5MiB/s', '20 MB', '1g'].map(parseRate);
  assert.deepEqual(read, [500, 500_000, 20_000_000, 1_572_864, 20_000_000, 1_000_000_000]);
  for (const wrong of ['', '0', '-1', 'M', '20X', '20MM', '1e9', '0.4']) {
    assert.equal(parseRate(wrong), undefined, wrong);
  }
});
