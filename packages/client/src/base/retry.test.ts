import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../test/fakes/virtual-clock.ts';
import { backoffMs, DEFAULT_RETRY, Retrier, retryAfterMs } from './retry.ts';

const setUp = (random = () => 0.5) => {
  const clock = new VirtualClock();
  return { clock, retrier: new Retrier({ policy: DEFAULT_RETRY, clock, random }) };
};

const always = () => ({ retry: true }) as const;
const failing = async (): Promise<never> => {
  throw new Error('no');
};

describe('the wait', () => {
  test('is between nothing and the doubled base, and never above the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, dice) => {
          const ms = backoffMs({ attempt, policy: DEFAULT_RETRY, random: () => dice });
          assert.ok(ms >= 0 && ms <= Math.min(DEFAULT_RETRY.capMs, DEFAULT_RETRY.baseMs * 2 ** (attempt - 1)));
        },
      ),
    );
  });

  test('is what the server asks for, up to five minutes', async () => {
    for (const [asked, waited] of [
      [1000, 1000],
      [3_600_000, 300_000],
    ] as const) {
      const { clock, retrier } = setUp();
      let first = true;
      const attempt = async () => {
        if (!first) return;
        first = false;
        throw new Error('later');
      };
      await clock.run(retrier.run({ attempt, decide: () => ({ retry: true, afterMs: asked }) }));
      assert.equal(clock.now(), waited);
    }
  });
});

describe('retrying', () => {
  test('ends after patience, not before, and with the last error', async () => {
    const { clock, retrier } = setUp();
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new Error(`no. ${attempts}`);
    };
    await assert.rejects(clock.run(retrier.run({ attempt, decide: always })), (error) => {
      assert.equal((error as Error).message, `no. ${attempts}`);
      return true;
    });
    assert.ok(clock.now() >= DEFAULT_RETRY.patienceMs && clock.now() < DEFAULT_RETRY.patienceMs + DEFAULT_RETRY.capMs);
  });

  test('does not repeat what would fail again', async () => {
    const { clock, retrier } = setUp();
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new Error('no');
    };
    await assert.rejects(clock.run(retrier.run({ attempt, decide: () => ({ retry: false }) })));
    assert.equal(attempts, 1);
  });

  test('after an outage of everything, nothing further is waited for', async () => {
    const { clock, retrier } = setUp();
    await assert.rejects(clock.run(retrier.run({ attempt: failing, decide: always })));
    assert.equal(retrier.outage, true);
    const before = clock.now();
    await assert.rejects(clock.run(retrier.run({ attempt: failing, decide: always })));
    assert.equal(clock.now(), before);
    await clock.run(retrier.run({ attempt: async () => {}, decide: always }));
    assert.equal(retrier.outage, false);
  });

  test('does not count the time that the machine was asleep', async () => {
    const { clock, retrier } = setUp();
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      if (attempts === 3 || attempts === 7) clock.suspend(24 * 3_600_000);
      if (attempts < 12) throw new Error('no');
      return 'there';
    };
    const onRetry = () => clock.suspend(attempts === 2 ? 24 * 3_600_000 : 0);
    assert.equal(await clock.run(retrier.run({ attempt, decide: always, onRetry })), 'there');
  });

  test('ends at once with the reason of its signal', async () => {
    const { clock, retrier } = setUp();
    const abort = new AbortController();
    const reason = new Error('enough');
    const onRetry = () => abort.abort(reason);
    await assert.rejects(
      clock.run(retrier.run({ attempt: failing, decide: always, signal: abort.signal, onRetry })),
      reason,
    );
  });
});

test('Retry-After is read as seconds, and as a date against the answer’s own', () => {
  assert.equal(retryAfterMs({ 'retry-after': '120' }), 120_000);
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:50:37 GMT', date }), 60_000);
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:48:37 GMT', date }), 0);
  assert.equal(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:50:37 GMT' }), undefined);
  assert.equal(retryAfterMs({ 'retry-after': 'soon' }), undefined);
  assert.equal(retryAfterMs({}), undefined);
});
