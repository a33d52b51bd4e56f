import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustedClock } from './trusted-clock.ts';

const DAY = 24 * 60 * 60_000;

function clocks() {
  const at = { wall: 1_700_000_000_000, steady: 0 };
  const pass = (ms: number) => {
    at.wall += ms;
    at.steady += ms;
  };
  return { at, pass, clock: new TrustedClock({ wall: () => at.wall, steady: () => at.steady, settleMs: DAY }) };
}

test('a clock that steps is not believed for a while', () => {
  const { at, pass, clock } = clocks();
  pass(DAY);
  assert.equal(clock.now(undefined), at.wall);
  at.wall += 8 * DAY;
  assert.equal(clock.now(undefined), undefined);
  pass(5000);
  assert.equal(clock.now(undefined), undefined);
  at.wall -= 8 * DAY;
  assert.equal(clock.now(undefined), undefined, 'which of the two was right is not known');
  pass(DAY - 1);
  assert.equal(clock.now(undefined), undefined);
  pass(1);
  assert.equal(clock.now(undefined), at.wall);
});

test('a small correction is not a step', () => {
  const { at, pass, clock } = clocks();
  at.wall -= 60_000;
  pass(1000);
  assert.equal(clock.now(undefined), at.wall);
  at.wall -= 1;
  assert.equal(clock.now(undefined), undefined);
});

test('a clock that differs from storage is not believed as long as it does', () => {
  const { at, clock } = clocks();
  for (const ahead of [8 * DAY, -8 * DAY, 600_001]) assert.equal(clock.now(ahead), undefined);
  for (const ahead of [0, 600_000, -600_000]) assert.equal(clock.now(ahead), at.wall);
});
