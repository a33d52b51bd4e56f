import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { afterwards } from '../../test/afterwards.ts';
import { newDatabase, POSTGRES_URL } from '../../test/database.ts';
import { isDatabaseUnavailable } from './errors.ts';
import { postgres } from './postgres.ts';

const skip = POSTGRES_URL === undefined && 'DATABASE_URL_TEST names no PostgreSQL';

/** A database behind a line that the test can cut, or put to sleep. */
async function overLine(t: TestContext, statementTimeoutMs?: number) {
  const config = await newDatabase(t, 'postgres');
  if (config.kind !== 'postgres') return assert.fail();
  const target = new URL(config.url);
  const lines = new Set<Socket>();
  const line = createServer((socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      lines.add(from);
      from.pipe(to);
      from.on('error', () => {}).on('close', () => to.destroy());
    }
  });
  const listen = async (port = 0) => {
    await once(line.listen(port, '127.0.0.1'), 'listening');
    return (line.address() as AddressInfo).port;
  };
  const port = await listen();
  let ends = 0;
  const cut = () => {
    for (const socket of lines) socket.destroy();
    lines.clear();
  };
  afterwards(t, async () => {
    cut();
    line.close();
  });
  const url = new URL(config.url);
  url.host = `127.0.0.1:${port}`;
  const options = { onIdleError: () => ends++, ...(statementTimeoutMs !== undefined && { statementTimeoutMs }) };
  const db = new Kysely<unknown>({ dialect: postgres(url.href, options).dialect });
  afterwards(t, () => db.destroy());
  const ask = async () => (await sql<{ one: number }>`select 1 as one`.execute(db)).rows[0]?.one;
  return {
    port,
    db,
    ask,
    cut,
    /** Cuts the line, and waits until this many idle connections have noticed. */
    cutIdle: async (count: number) => {
      cut();
      for (const before = ends; ends < before + count; ) await new Promise(setImmediate);
    },
    sleep: () => {
      for (const socket of lines) socket.pause().unpipe();
    },
    hangUp: () => line.close(),
    answerAgain: () => listen(port),
  };
}

describe('the connections to PostgreSQL', { skip }, () => {
  test('a connection lost in a transaction is the database’s failure, and the next query has a new one', {
    skip,
  }, async (t) => {
    const { db, ask, cut } = await overLine(t);
    const lost = db.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction);
      cut();
      await sql`select 2`.execute(transaction);
    });
    await assert.rejects(lost, isDatabaseUnavailable);
    assert.equal(await ask(), 1);
  });

  test('connections that were lost while idle, or ended by an operator, are replaced', async (t) => {
    const { db, ask, cutIdle } = await overLine(t);
    await Promise.all([ask(), ask(), ask()]);
    await cutIdle(3);
    assert.equal(await ask(), 1);
    await assert.rejects(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db), isDatabaseUnavailable);
    assert.equal(await ask(), 1);
  });

  test('a short absence is waited out', async (t) => {
    const { port, ask, cutIdle, hangUp, answerAgain } = await overLine(t);
    await ask();
    hangUp();
    await cutIdle(1);
    const answer = ask();
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    await answerAgain();
    assert.equal(await answer, 1);
  });

  test('a query without an answer has a deadline, and its connection is not used again', async (t) => {
    const { ask, sleep } = await overLine(t, 200);
    await ask();
    sleep();
    await assert.rejects(ask(), isDatabaseUnavailable);
    assert.equal(await ask(), 1);
  });
});
