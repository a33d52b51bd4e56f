import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter } from './limiter.ts';

const refusal = () => Object.assign(new Error('full'), { code: 'SlowDown' });
const forever = () => new AbortController().signal;

test('lets in as many as there are places, the others in the order they came', async () => {
  const limiter = new Limiter({ refusal, places: 2, maxWaiting: 10, maxWaitMs: 60_000 });
  const leave = await Promise.all([limiter.enter(forever()), limiter.enter(forever())]);
  const order: number[] = [];
  const waiting = [1, 2, 3].map((number) =>
    limiter.enter(forever()).then((done) => {
      order.push(number);
      return done;
    }),
  );
  await Promise.resolve();
  assert.deepEqual(order, []);
  leave[0]?.();
  // Leaving twice releases one place.
  leave[0]?.();
  (await waiting[0])?.();
  (await waiting[1])?.();
  (await waiting[2])?.();
  assert.deepEqual(order, [1, 2, 3]);
});

test('refuses whom the line has no room for, and who waited too long', async () => {
  const limiter = new Limiter({ refusal, places: 1, maxWaiting: 1, maxWaitMs: 10 });
  const leave = await limiter.enter(forever());
  const late = limiter.enter(forever());
  await assert.rejects(limiter.enter(forever()), { code: 'SlowDown' });
  await assert.rejects(late, { code: 'SlowDown' });
  leave();
  await limiter.enter(forever());
});

test('forgets who gives up', async () => {
  const limiter = new Limiter({ refusal, places: 1, maxWaiting: 1, maxWaitMs: 60_000 });
  const leave = await limiter.enter(forever());
  const client = new AbortController();
  const gone = limiter.enter(client.signal);
  client.abort(new Error('gone'));
  await assert.rejects(gone, /gone/);
  await assert.rejects(limiter.enter(AbortSignal.abort(new Error('never there'))), /never there/);
  const next = limiter.enter(forever());
  leave();
  await next;
});

const PATIENT = { maxWaiting: 100, maxWaitMs: 1000 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('leaves places for others than one link and one client', async () => {
  const limiter = new Limiter({ refusal, places: 6, placesPerLink: 2, placesPerClient: 4, ...PATIENT });
  const entered: string[] = [];
  const enter = async (link: string, client: string) => {
    const leave = await limiter.enter(forever(), { link, client });
    entered.push(`${link} ${client}`);
    return leave;
  };
  const [first, , , last] = [enter('a', 'x'), enter('a', 'x'), enter('a', 'x'), enter('a', 'y')];
  last?.catch(() => {});
  await Promise.all([enter('b', 'x'), enter('c', 'x')]);
  const waiting = enter('d', 'x');
  await enter('d', 'y');
  assert.deepEqual(entered, ['a x', 'a x', 'b x', 'c x', 'd y']);
  (await first)?.();
  await turn();
  assert.deepEqual(entered.at(-1), 'a x', 'who waited longest of those that have a share left');
  assert.equal(limiter.size, 7);
  await assert.rejects(waiting, { code: 'SlowDown' });
});

test('has the slowest make place for one who waits, and only if it is slow', async () => {
  const limiter = new Limiter({ refusal, places: 3, slowBytesPerSecond: 1000, patienceMs: 1, ...PATIENT });
  const evicted: string[] = [];
  const enter = async (name: string, rate: number | undefined) => {
    const leave = await limiter.enter(forever(), {
      rate: () => rate,
      evict: () => {
        evicted.push(name);
        leave();
      },
    });
    return leave;
  };
  const leaveFast = await enter('fast', 5000);
  await enter('slower', 10);
  await enter('slow', 900);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(evicted, [], 'no visitor waits');
  const leave = await enter('new', undefined);
  assert.deepEqual(evicted, ['slower']);
  const next = enter('next', undefined);
  await next;
  assert.deepEqual(evicted, ['slower', 'slow']);
  const last = enter('last', undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(evicted, ['slower', 'slow'], 'the rest are fast, or not known to be slow');
  leaveFast();
  (await last)();
  leave();
});

test('keeps room in its line for others than one link', async () => {
  const limiter = new Limiter({ refusal, places: 1, placesPerLink: 1, maxWaiting: 16, maxWaitMs: 100 });
  await limiter.enter(forever(), { link: 'a' });
  const refused: unknown[] = [];
  for (let time = 0; time < 20; time++) limiter.enter(forever(), { link: 'a' }).catch((error) => refused.push(error));
  await turn();
  assert.equal(refused.length, 12);
  limiter.enter(forever(), { link: 'b' }).catch((error) => refused.push(error));
  await turn();
  assert.equal(refused.length, 12);
});
