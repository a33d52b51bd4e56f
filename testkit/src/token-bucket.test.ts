import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

it('lets no more bytes pass than the rate allows, over all takers together', () => {
  let now = 0;
  const bucket = new TokenBucket({ bytesPerSecond: 1000, now: () => now });
  assert.equal(bucket.reserve(500), 500);
  assert.equal(bucket.reserve(500), 1000);
  now = 700;
  assert.equal(bucket.reserve(100), 400);
});

it('saves nothing up while idle', () => {
  let now = 0;
  const bucket = new TokenBucket({ bytesPerSecond: 1000, now: () => now });
  bucket.reserve(10);
  now = 60_000;
  assert.equal(bucket.reserve(1000), 1000);
});

it('refuses a rate of nothing', () => {
  assert.throws(() => new TokenBucket({ bytesPerSecond: 0 }), RangeError);
});
