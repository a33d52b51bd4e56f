import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type LogEntry, readDamage, rebuildIndex, scrubFolder } from '../src/index.ts';
import { during } from './support/during.ts';
import { StoreChild } from './support/store-child.ts';
import { blobFiles, editIndex, startTestStore, type TestStore, until } from './support/test-store.ts';

const flipBit = (path: string) => {
  const bytes = readFileSync(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

const passes = ({ entries }: TestStore) =>
  entries.filter((entry): entry is Extract<LogEntry, { type: 'scrub' }> => entry.type === 'scrub');

const finished = (running: TestStore) => until(() => passes(running).some(({ state }) => state === 'finished'));

describe('the scrub', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'darkslide-store-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  /** A stopped store with objects by PUT, of their own blob each. Returns the blob's path by key. */
  async function stored(keys: readonly string[], bytes = 64 * 1024): Promise<Map<string, string>> {
    // Never scrubbed, so that the first pass is the test's.
    return await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      await running.entry('sweep');
      const paths = new Map<string, string>();
      for (const key of keys) {
        const before = new Set(blobFiles(dataDir));
        await running.s3.put(key, randomBytes(bytes));
        const [blob = ''] = blobFiles(dataDir).filter((name) => !before.has(name));
        paths.set(key, join(dataDir, 'blobs', blob));
      }
      return paths;
    });
  }

  test('finds damage without anybody reading, and that the file is back', async () => {
    const paths = await stored(['a', 'b', 'c']);
    const [a = '', b = ''] = [paths.get('a'), paths.get('b')];
    flipBit(a);
    await during(startTestStore({ dataDir, limits: { recheckMs: 50 } }), async (running) => {
      await running.entry('sweep');
      await finished(running);
      const { objects, reason } = await running.entry('damage');
      assert.deepEqual([objects, reason], [[{ bucket: 'photos', key: 'a' }], 'changed']);
      assert.deepEqual(passes(running).at(-1), {
        ...{ type: 'scrub', state: 'finished' },
        ...{ blobs: 3, bytes: 2 * 64 * 1024, damaged: 1 },
      });
      const { damagedObjects, scrub } = await running.store.figures();
      assert.deepEqual([damagedObjects, scrub.checkedBlobs, scrub.checkedBytes], [1, 3, 2 * 64 * 1024]);
      assert.ok((scrub.lastPassAt ?? 0) > Date.now() - 60_000);

      renameSync(b, `${b}.away`);
      assert.equal((await running.s3.get('b')).code, 'InternalError');
      assert.equal((await running.store.figures()).damagedObjects, 2);
      renameSync(`${b}.away`, b);
      await until(() => running.entries.some((entry) => entry.type === 'whole-again'));
      assert.equal((await running.store.figures()).damagedObjects, 1);
    });
  });

  test('does not begin anew before its time, and never where it is off', async () => {
    const paths = await stored(['a']);
    await during(startTestStore({ dataDir }), async (first) => {
      await finished(first);
    });
    flipBit(paths.get('a') ?? '');
    for (const scrubDays of [30, 0]) {
      await during(startTestStore({ dataDir, scrubDays, limits: { recheckMs: 5 } }), async (second) => {
        await second.s3.put('later', 'x');
        assert.deepEqual(passes(second), []);
        assert.equal((await second.store.figures()).scrub.intervalMs, scrubDays * 24 * 3600 * 1000);
      });
    }
  });

  test('goes on after a kill where it was', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `photo ${index}`);
    await stored(keys);
    const child = await StoreChild.start(dataDir, { scrubBytesPerSecond: String(512 * 1024) });
    const index = new DatabaseSync(join(dataDir, 'index.sqlite'), { readOnly: true });
    const after = () => String(index.prepare('SELECT after_blob FROM scrub').get()?.after_blob ?? '');
    await until(() => after() !== '');
    await child.kill();
    const reached = after();
    index.close();
    const left = blobFiles(dataDir).filter((blob) => blob > reached).length;
    assert.ok(left < keys.length, `${left} are left`);

    await during(startTestStore({ dataDir }), async (running) => {
      await finished(running);
      assert.deepEqual(
        passes(running).map(({ state, blobs }) => [state, blobs]),
        [
          ['resumed', 0],
          ['finished', left],
        ],
      );
    });
  });

  test('of a stopped store reports what is damaged, keeps it, and takes it back', async () => {
    const paths = await stored(['a', 'b', 'c']);
    const [a = '', b = ''] = [paths.get('a'), paths.get('b')];
    flipBit(a);
    renameSync(b, join(dataDir, 'away'));
    const seen: number[] = [];
    const report = await scrubFolder({ dataDir, onProgress: ({ bytes }) => seen.push(bytes) });
    assert.deepEqual(report.damagedObjects, [
      { bucket: 'photos', key: 'a', reason: 'changed' },
      { bucket: 'photos', key: 'b', reason: 'missing' },
    ]);
    assert.deepEqual([report.blobs, report.damagedBlobs, report.totalBytes], [3, 2, 3 * 64 * 1024]);
    assert.equal(seen.at(-1), 64 * 1024);
    assert.equal(readDamage(dataDir, { limit: 1 })?.count, 2);

    flipBit(a);
    renameSync(join(dataDir, 'away'), b);
    assert.deepEqual((await scrubFolder({ dataDir })).damagedObjects, []);
    assert.equal(readDamage(dataDir, { limit: 1 })?.count, 0);
  });

  test('writes trailers again from the index, so that a rebuild finds every blob', async () => {
    const part = randomBytes(5 * 1024 * 1024);
    let openUpload = '';
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      const { s3 } = running;
      await s3.put('photo', 'bytes', { 'content-type': 'image/x' });
      await s3.put('empty', '');
      const uploadId = await s3.createUpload('parts');
      const { headers } = await s3.uploadPart('parts', uploadId, 1, part);
      await s3.complete('parts', uploadId, [{ number: 1, etag: String(headers.etag) }]);
      openUpload = await s3.createUpload('open', { 'content-type': 'image/y' });
      await s3.uploadPart('open', openUpload, 1, 'part');
    });
    for (const blob of blobFiles(dataDir)) {
      const path = join(dataDir, 'blobs', blob);
      const bytes = readFileSync(path);
      bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    await during(startTestStore({ dataDir }), async (running) => {
      await finished(running);
      const told = running.entries.filter((entry) => entry.type === 'trailer');
      assert.deepEqual([told.length, told.every(({ isFixed }) => isFixed)], [5, true]);
      assert.equal((await running.store.figures()).damagedObjects, 0);
    });
    for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
    const { objects, openUploads, unreadable } = await rebuildIndex({ dataDir });
    assert.deepEqual([objects, openUploads, unreadable], [3, 1, []]);
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      assert.equal((await running.s3.get('photo')).headers['content-type'], 'image/x');
      assert.deepEqual((await running.s3.get('parts')).body, part);
      const parts = await running.s3.call({ method: 'GET', key: 'open', query: { uploadId: openUpload } });
      assert.match(parts.body.toString(), /<PartNumber>1</);
    });
  });

  /** A store with three blobs that have no bytes of their own: two manifests and an empty photo. */
  async function withoutBytes(running: TestStore): Promise<string[]> {
    const { s3 } = running;
    const uploadId = await s3.createUpload('parts');
    const { headers } = await s3.uploadPart('parts', uploadId, 1, 'part');
    const before = new Set(blobFiles(dataDir));
    await s3.complete('parts', uploadId, [{ number: 1, etag: String(headers.etag) }]);
    await s3.call({ method: 'PUT', key: 'copy', headers: { 'x-amz-copy-source': '/photos/parts' } });
    await s3.put('empty', '');
    const blobs = blobFiles(dataDir).filter((blob) => !before.has(blob));
    assert.equal(blobs.length, 3);
    return blobs.map((blob) => join(dataDir, 'blobs', blob));
  }

  const madeAgain = ({ entries }: TestStore) =>
    entries
      .flatMap((entry) => (entry.type === 'trailer' && entry.isFixed ? entry.objects : []))
      .map(({ key }) => key)
      .sort();

  async function assertRebuilt(): Promise<void> {
    for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
    const { objects, unreadable } = await rebuildIndex({ dataDir });
    assert.deepEqual([objects, unreadable], [3, []]);
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      assert.equal((await running.s3.get('copy')).body.toString(), 'part');
      assert.match(String((await running.s3.get('parts')).headers.etag), /-1"$/);
      assert.equal((await running.s3.get('empty')).body.length, 0);
    });
  }

  test('manifests and empty photos whose files are missing are made again by the next start', async () => {
    let paths: string[] = [];
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      paths = await withoutBytes(running);
    });
    for (const path of paths) rmSync(path);
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      assert.deepEqual(madeAgain(running), ['copy', 'empty', 'parts']);
      assert.deepEqual((await running.entry('sweep')).lost, []);
      assert.equal((await running.store.figures()).damagedObjects, 0);
    });
    await assertRebuilt();
  });

  test('and while the store runs, by the next pass', async () => {
    await during(startTestStore({ dataDir, scrubDays: 1e-6, limits: { recheckMs: 20 } }), async (running) => {
      for (const path of await withoutBytes(running)) rmSync(path);
      await until(() => madeAgain(running).length >= 3);
      assert.equal((await running.store.figures()).damagedObjects, 0);
    });
    await assertRebuilt();
  });

  test('of a folder that a store runs on, or that has none, is refused', async () => {
    await assert.rejects(scrubFolder({ dataDir }), /There is no store in /);
    await during(startTestStore({ dataDir }), async () => {
      await assert.rejects(scrubFolder({ dataDir }), /is in use by another store/);
    });
  });

  test('learns the MD5s of parts that the index lacks', async () => {
    await during(startTestStore({ dataDir, scrubDays: 0 }), async (running) => {
      const { s3 } = running;
      const uploadId = await s3.createUpload('parts');
      const parts = [randomBytes(5 * 1024 * 1024), randomBytes(10)];
      const named = [];
      for (const [index, part] of parts.entries()) {
        const { headers } = await s3.uploadPart('parts', uploadId, index + 1, part);
        named.push({ number: index + 1, etag: String(headers.etag) });
      }
      await s3.complete('parts', uploadId, named);
    });
    const index = new DatabaseSync(join(dataDir, 'index.sqlite'));
    const md5s = () => index.prepare('SELECT md5 FROM segment ORDER BY start').all();
    const known = md5s();
    editIndex(dataDir, 'UPDATE segment SET md5 = NULL');
    assert.equal((await scrubFolder({ dataDir })).damagedBlobs, 0);
    assert.deepEqual(md5s(), known);
    index.close();
  });
});
