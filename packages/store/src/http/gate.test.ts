import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './gate.ts';

const forever = () => new AbortController().signal;

test('lets in as many as there are places, the others in the order they came', async () => {
  const gate = new Gate({ places: 2, maxWaiting: 10, maxWaitMs: 60_000 });
  const leave = await Promise.all([gate.enter(forever()), gate.enter(forever())]);
  const order: number[] = [];
  const waiting = [1, 2, 3].map((number) =>
    gate.enter(forever()).then((done) => {
      order.push(number);
      return done;
    }),
  );
  await Promise.resolve();
  assert.deepEqual(order, []);
  leave[0]?.();
  // Leaving twice gives back one place.
  leave[0]?.();
  (await waiting[0])?.();
  (await waiting[1])?.();
  (await waiting[2])?.();
  assert.deepEqual(order, [1, 2, 3]);
});

test('refuses whom the line has no room for, and who waited too long', async () => {
  const gate = new Gate({ places: 1, maxWaiting: 1, maxWaitMs: 10 });
  const leave = await gate.enter(forever());
  const late = gate.enter(forever());
  await assert.rejects(gate.enter(forever()), { code: 'SlowDown' });
  await assert.rejects(late, { code: 'SlowDown' });
  leave();
  await gate.enter(forever());
});

test('forgets who gives up', async () => {
  const gate = new Gate({ places: 1, maxWaiting: 1, maxWaitMs: 60_000 });
  const leave = await gate.enter(forever());
  const client = new AbortController();
  const gone = gate.enter(client.signal);
  client.abort(new Error('gone'));
  await assert.rejects(gone, /gone/);
  await assert.rejects(gate.enter(AbortSignal.abort(new Error('never there'))), /never there/);
  const next = gate.enter(forever());
  leave();
  await next;
});
