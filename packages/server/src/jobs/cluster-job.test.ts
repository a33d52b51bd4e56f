import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { pino } from 'pino';
import { newDatabase, onEveryDatabase, openedFor } from '../../test/database.ts';
import type { DatabaseConfig } from '../database/config.ts';
import { ClusterJob, type JobTimes } from './cluster-job.ts';
import type { LeaseTable } from './lease-table.ts';

type Pass = (signal: AbortSignal) => Promise<void>;

const log = pino({ level: 'silent' });
/** One pass after the other, and no lease that runs out in a slow moment of the machine. */
const QUICK: JobTimes = { everyMs: 1, leaseMs: 60_000, deadlineMs: 60_000 };

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** A node with the job, over a connection of its own. It dies without giving anything back. */
// Timers of jobs keep no process alive, and Node 22 ends a test's when nothing else does.
const alive = setInterval(() => {}, 1000);
after(() => clearInterval(alive));

async function node(t: TestContext, config: DatabaseConfig, holder: string, pass: Pass, times = QUICK) {
  const { leases } = await openedFor(t, config);
  const gaveBack = Promise.withResolvers<void>();
  let dead = false;
  const mortal: Pick<LeaseTable, 'take' | 'giveBack'> = {
    take: async (lease) => !dead && (await leases.take(lease)),
    giveBack: async (lease) => {
      if (dead) return;
      await leases.giveBack(lease);
      gaveBack.resolve();
    },
  };
  const run = async ({ signal }: { signal: AbortSignal }) => {
    await pass(signal);
    return {};
  };
  const job = new ClusterJob({ name: 'job', holder, leases: mortal, run, times, log });
  job.start();
  t.after(() => job.stop());
  return {
    job,
    gaveBack: gaveBack.promise,
    die: () => {
      dead = true;
    },
  };
}

onEveryDatabase('work that the cluster does once', (kind) => {
  test('is done again and again, also after it failed, never by two nodes at once', async (t) => {
    const config = await newDatabase(t, kind);
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let working = 0;
    let mostAtOnce = 0;
    let passes = 0;
    const pass: Pass = async () => {
      working++;
      mostAtOnce = Math.max(mostAtOnce, working);
      await new Promise(setImmediate);
      working--;
      passes++;
      if (passes === 20) resolve();
      if (passes % 3 === 0) throw new Error('storage does not answer');
    };
    for (const name of ['a', 'b', 'c']) await node(t, config, name, pass);
    await enough;
    assert.equal(mostAtOnce, 1);
  });

  test('goes on elsewhere when its node dies, and the dead one, should it wake up, stops', async (t) => {
    const config = await newDatabase(t, kind);
    const begun = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() };
    const stopped = Promise.withResolvers<void>();
    const times = { ...QUICK, leaseMs: 90 };
    const firstPass: Pass = async (signal) => {
      begun.first.resolve();
      await aborted(signal);
      stopped.resolve();
    };
    const secondPass: Pass = async (signal) => {
      begun.second.resolve();
      await aborted(signal);
    };
    const first = await node(t, config, 'first', firstPass, times);
    await begun.first.promise;
    const second = await node(t, config, 'second', secondPass, times);
    first.die();
    await Promise.all([begun.second.promise, stopped.promise]);
    await second.job.stop();
  });

  test('is renewed for as long as it takes', async (t) => {
    const config = await newDatabase(t, kind);
    const clock = { now: 1_700_000_000_000 };
    const { leases } = await openedFor(t, config, { clock: () => sql<number>`cast(${clock.now} as bigint)` });
    const times = { ...QUICK, leaseMs: 2_400 };
    const done = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<boolean>();
    let renewals = -1;
    const counted: Pick<LeaseTable, 'take' | 'giveBack'> = {
      take: async (lease) => {
        const taken = await leases.take(lease);
        assert.equal(await leases.take({ ...lease, holder: 'other' }), false);
        // Another's clock would let it have the lease soon, were it not renewed.
        clock.now += times.leaseMs - 1;
        if (++renewals === 3) done.resolve();
        return taken;
      },
      giveBack: (lease) => leases.giveBack(lease),
    };
    const run = async ({ signal }: { signal: AbortSignal }) => {
      await done.promise;
      ended.resolve(signal.aborted);
      return {};
    };
    const job = new ClusterJob({ name: 'job', holder: 'first', leases: counted, run, times, log });
    job.start();
    assert.equal(await ended.promise, false, 'the lease was not lost');
    await job.stop();
  });

  test('rests for everyone after a pass, and goes on at once after a stop', async (t) => {
    const config = await newDatabase(t, kind);
    const { leases } = await openedFor(t, config);
    const take = () => leases.take({ name: 'job', holder: 'other', ms: 1000 });
    const begun = Promise.withResolvers<void>();
    const cut = await node(t, config, 'first', async (signal) => {
      begun.resolve();
      await aborted(signal);
    });
    await begun.promise;
    assert.equal(await take(), false);
    await cut.job.stop();
    assert.equal(await take(), true);
    await leases.giveBack({ name: 'job', holder: 'other' });

    const rested = await node(t, config, 'second', async () => {}, { ...QUICK, everyMs: 60_000, leaseMs: 1_000 });
    await rested.gaveBack;
    assert.equal(await take(), false);
  });
});
