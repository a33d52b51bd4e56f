import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, statfsSync, unlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { XmlObject } from '@darkslide/s3wire';
import { during } from './support/during.ts';
import { answerOf, type S3Client } from './support/s3-client.ts';
import { mountSmallDisk } from './support/small-disk.ts';
import { blobFiles, startTestStore, type TestStore, until } from './support/test-store.ts';

const MiB = 1024 ** 2;
const disk = mountSmallDisk(24);

/** Puts objects, some at once, until one is refused; returns those that were taken. */
async function fill(
  s3: S3Client,
  options: { prefix: string; size: number; atOnce: number },
): Promise<Map<string, Buffer>> {
  const kept = new Map<string, Buffer>();
  for (let round = 0; ; round++) {
    const puts = Array.from({ length: options.atOnce }, async (_, index) => {
      const key = `${options.prefix}/${round}-${index}`;
      const body = randomBytes(options.size);
      const answer = await s3.put(key, body);
      if (answer.status === 200) kept.set(key, body);
      return answer;
    });
    const refused = (await Promise.all(puts)).filter(({ status }) => status !== 200);
    for (const { status, code, body } of refused) {
      assert.equal(status, 507);
      assert.equal(code, 'StorageFull');
      assert.match(body.toString(), /The storage is full\. Free some space/);
    }
    if (refused.length > 0) return kept;
  }
}

describe('a full disk', {
  skip: disk ? false : 'THIS USER MAY NOT MOUNT: only admission is tested, by a reserve',
}, () => {
  let running: TestStore;
  let s3: S3Client;
  const filler = join(disk?.path ?? '', 'filler');

  /** Takes all the space there is. */
  function takeAll(): void {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(64 * 1024));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }

  const dataDir = join(disk?.path ?? '', 'data');
  let thread: Worker;
  const start = async () => {
    const started = once(process, 'worker');
    running = await startTestStore({ dataDir });
    [thread] = await started;
    s3 = running.s3;
  };
  const stop = () => running.store.close({ graceMs: 0 });
  const kill = async () => {
    running.store.closed.catch(() => {});
    await thread.terminate();
  };

  before(start);
  after(async () => {
    await stop();
    disk?.unmount();
  });

  test('refuses what has no room, keeps and reads the rest, and goes on when there is room again', async () => {
    const kept = await fill(s3, { prefix: 'photos', size: 4 * MiB, atOnce: 1 });
    assert.ok(kept.size >= 2);
    assert.equal(blobFiles(dataDir).length, kept.size);
    for (const [key, body] of kept) assert.ok((await s3.get(key)).body.equals(body));

    const [first = ''] = kept.keys();
    assert.equal((await s3.delete(first)).status, 204);
    await until(() => blobFiles(dataDir).length === kept.size - 1);
    assert.equal((await s3.put('photos/again', randomBytes(4 * MiB))).status, 200);
    for (const key of [...kept.keys(), 'photos/again']) await s3.delete(key);
    await until(() => blobFiles(dataDir).length === 0);
  });

  test('keeps nothing of an upload that was let in and then found no room', async () => {
    await s3.put('standing', 'as it was');
    const body = randomBytes(6 * MiB);
    const { url, headers } = s3.sign({ method: 'PUT', key: 'standing' });
    const request = httpRequest(url, { method: 'PUT', headers: { ...headers, 'content-length': body.length } });
    const answer = answerOf(request);
    request.write(body.subarray(0, MiB));
    await until(() => blobFiles(dataDir).length === 2);
    takeAll();
    request.end(body.subarray(MiB));
    assert.equal((await answer).code, 'StorageFull');
    await until(() => blobFiles(dataDir).length === 1);
    assert.equal((await s3.get('standing')).body.toString(), 'as it was');

    unlinkSync(filler);
    assert.equal((await s3.put('standing', body)).status, 200);
    assert.ok((await s3.get('standing')).body.equals(body));
    await s3.delete('standing');
  });

  test('keeps index and answers in step when the index itself finds no room', async () => {
    takeAll();
    const listed = async () => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await s3.list(token ? { 'continuation-token': token } : {});
        keys.push(...((page.Contents ?? []) as XmlObject[]).map(({ Key }) => String(Key)));
        token = page.NextContinuationToken as string | undefined;
      } while (token);
      return keys.sort();
    };
    // An empty object needs no room but in the index.
    const kept = await fill(s3, { prefix: `index/${'x'.repeat(900)}`, size: 0, atOnce: 50 });
    assert.deepEqual(await listed(), [...kept.keys()].sort());

    unlinkSync(filler);
    assert.equal((await s3.put('index/more', 'x')).status, 200);
    await stop();
    await start();
    assert.deepEqual(await listed(), [...kept.keys(), 'index/more'].sort());
  });

  for (const end of ['closed', 'killed'] as const) {
    test(`that is full at the start of a store that was ${end} serves what it has, and takes more once there is room`, async () => {
      const body = randomBytes(100_000);
      for (const key of ['before', 'spare']) assert.equal((await s3.put(key, body)).status, 200);
      if (end === 'closed') await stop();
      else await kill();
      takeAll();
      await start();
      assert.ok((await s3.get('before')).body.equals(body));
      const keys = ((await s3.list({ prefix: 'before' })).Contents as XmlObject[]).map(({ Key }) => Key);
      assert.deepEqual(keys, ['before']);
      const refused = await s3.put('x', body);
      assert.equal(refused.status, 507);
      assert.equal(refused.code, 'StorageFull');
      // A log that the kill left behind may have room for it.
      const deleted = await s3.delete('spare');
      assert.ok([204, 507].includes(deleted.status));

      unlinkSync(filler);
      assert.equal((await s3.put('x', 'y')).status, 200);
      assert.equal((await s3.delete('x')).status, 204);
      await stop();
      await start();
      assert.ok((await s3.get('before')).body.equals(body));
      assert.equal((await s3.get('spare')).status, deleted.status === 204 ? 404 : 200);
      assert.equal((await s3.get('x')).status, 404);
    });
  }
});

test('a store without a disk of its own refuses what would touch its reserve', {
  skip: disk !== undefined,
}, async (t) => {
  t.diagnostic('THIS USER MAY NOT MOUNT A DISK: a disk that really fills up is not tested in this run');
  const dataDir = mkdtempSync(join(tmpdir(), 'darkslide-store-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const { bavail, bsize } = statfsSync(dataDir);
  await during(startTestStore({ dataDir, limits: { reservedBytes: bavail * bsize } }), async (running) => {
    const answer = await running.s3.put('x', randomBytes(MiB));
    assert.equal(answer.code, 'StorageFull');
    assert.deepEqual(blobFiles(dataDir), []);
  });
});
