import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { newDatabase, onEveryDatabase, openedFor } from '../../test/database.ts';
import type { DatabaseKind } from '../database/tables.ts';

/** The lease as several nodes see it, each over a connection of its own, by a clock that the test turns. */
async function nodes(t: TestContext, kind: DatabaseKind, count: number) {
  const config = await newDatabase(t, kind);
  const clock = { now: 1_700_000_000_000 };
  const take = [];
  for (let node = 0; node < count; node++) {
    const { leases } = await openedFor(t, config, { clock: () => sql<number>`cast(${clock.now} as bigint)` });
    const holder = `node ${node}`;
    take.push(
      Object.assign((ms = 1000) => leases.take({ name: 'job', holder, ms }), {
        giveBack: (rest?: number) => leases.giveBack({ name: 'job', holder, ...(rest !== undefined && { rest }) }),
        takeOther: () => leases.take({ name: 'another job', holder, ms: 1000 }),
      }),
    );
  }
  return { clock, take };
}

onEveryDatabase('a lease', (kind) => {
  test('goes to one of those who ask at once', async (t) => {
    const { clock, take } = await nodes(t, kind, 4);
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(take.map((node) => node()));
      assert.equal(answers.filter((taken) => taken).length, 1);
      clock.now += 1000;
    }
  });

  test('is its holder’s until it runs out, and longer where it is renewed', async (t) => {
    const {
      clock,
      take: [first, second],
    } = await nodes(t, kind, 2);
    assert.ok(first && second);
    assert.equal(await first(), true);
    assert.equal(await second.takeOther(), true, 'another lease is another matter');
    clock.now += 999;
    assert.equal(await second(), false);
    assert.equal(await first(), true);
    clock.now += 999;
    assert.equal(await second(), false);
    clock.now += 1;
    assert.equal(await second(), true);
    assert.equal(await first(), false);
  });

  test('that is given back is free at once, or after a rest for everyone', async (t) => {
    const {
      clock,
      take: [first, second],
    } = await nodes(t, kind, 2);
    assert.ok(first && second);
    await first();
    await second.giveBack();
    assert.equal(await second(), false, 'a node does not release what another has');
    await first.giveBack();
    assert.equal(await second(), true);
    await second.giveBack(5000);
    clock.now += 4999;
    assert.deepEqual([await first(), await second()], [false, false]);
    clock.now += 1;
    assert.equal(await second(), true);
  });

  test('goes by the database’s own clock', async (t) => {
    const { leases } = await openedFor(t, await newDatabase(t, kind));
    const take = (holder: string, ms: number) => leases.take({ name: 'job', holder, ms });
    assert.equal(await take('a', 60_000), true);
    assert.equal(await take('b', 60_000), false);
    assert.equal(await take('a', 0), true);
    assert.equal(await take('b', 60_000), true);
  });
});
