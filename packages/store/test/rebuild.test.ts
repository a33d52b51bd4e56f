import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { XmlObject } from '@darkslide/s3wire';
import { ChangeLog, changesPath, readChanges } from '../src/blobs/changes.ts';
import { trailerOf } from '../src/blobs/record.ts';
import { rebuildIndex } from '../src/index.ts';
import { during } from './support/during.ts';
import { type S3Client, xmlOf } from './support/s3-client.ts';
import { blobFiles, startTestStore, type TestStore } from './support/test-store.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'darkslide-rebuild-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Runs a store for as long as `work` takes. */
async function withStore<T>(work: (s3: S3Client, running: TestStore) => Promise<T>, limits = {}): Promise<T> {
  return await during(startTestStore({ dataDir, limits, scrubDays: 0 }), async (running) => {
    return await work(running.s3, running);
  });
}

const loseIndex = () => {
  for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
};

const inFolder = (blob: string) => join(dataDir, 'blobs', blob);
const aside = (blob: string) => join(dataDir, 'lost+found', blob.replace('/', '_'));

/** The name of the one blob that `work` adds. */
async function addedBy(work: () => Promise<unknown>): Promise<string> {
  const before = new Set(blobFiles(dataDir));
  await work();
  return blobFiles(dataDir).find((name) => !before.has(name)) ?? assert.fail('no blob was added');
}

/** As a start does with a file that it does not know. */
function setAside(blob: string): void {
  mkdirSync(join(dataDir, 'lost+found'), { recursive: true });
  renameSync(inFolder(blob), aside(blob));
}

const text = async (s3: S3Client, key: string) => {
  const { status, body } = await s3.get(key);
  return status === 200 ? body.toString() : status;
};

describe('a value in the index that changed without a word', () => {
  const CHANGES = {
    bucket: "cors = 'x'",
    object: 'modified_at = modified_at + 1',
    segment: 'size = size + 1',
    upload: `headers = '{"content-type":"x"}'`,
    part: 'size = size - 1',
    completion: "etag = 'x'",
    state: "value = 1 WHERE name = 'sequence_limit'",
    'object without its sum': 'row_sum = NULL',
  };

  test('stops a start without a seal, in every table that decides bytes or names; a rebuild makes it good', async () => {
    await withStore(async (s3) => {
      await s3.put('photo', 'bytes');
      const uploadId = await s3.createUpload('parts', { 'content-type': 'image/x' });
      const { headers } = await s3.uploadPart('parts', uploadId, 1, 'part');
      await s3.complete('parts', uploadId, [{ number: 1, etag: String(headers.etag) }]);
      await s3.uploadPart('open', await s3.createUpload('open'), 1, 'part of an open upload');
    });
    rmSync(join(dataDir, 'index.seal'));
    const index = join(dataDir, 'index.sqlite');
    cpSync(index, `${index}.right`);
    for (const [table, change] of Object.entries(CHANGES)) {
      cpSync(`${index}.right`, index);
      const db = new DatabaseSync(index);
      const { changes } = db.prepare(`UPDATE ${table.split(' ')[0]} SET ${change}`).run();
      db.close();
      assert.ok(Number(changes) > 0, table);
      await assert.rejects(startTestStore({ dataDir }), /is damaged: run `darkslide store rebuild`/, table);
    }
    await rebuildIndex({ dataDir });
    await withStore(async (s3) => {
      assert.equal(await text(s3, 'photo'), 'bytes');
      assert.equal(await text(s3, 'parts'), 'part');
    });
  });
});

describe('a rebuild', () => {
  test('brings back from lost+found what is the newest of its key, and nothing else', async () => {
    const blobs: Record<string, string> = {};
    const put = async (s3: S3Client, key: string, body: string, headers = {}) => {
      blobs[`${key} ${body}`] = await addedBy(() => s3.put(key, body, headers));
    };
    await withStore(async (s3) => {
      await put(s3, 'gone', 'only');
      await put(s3, 'newer', 'old');
      cpSync(inFolder(String(blobs['newer old'])), join(dataDir, 'newer'));
      await put(s3, 'deleted', 'only');
      cpSync(inFolder(String(blobs['deleted only'])), join(dataDir, 'deleted'));
      await s3.delete('deleted');
      await put(s3, 'newer', 'new');
      await put(s3, 'spoiled', 'bytes');
      await put(s3, 'once', 'once', { 'if-none-match': '*' });
    });
    for (const name of ['gone only', 'spoiled bytes', 'once once']) setAside(String(blobs[name]));
    // The body changes, the trailer stays.
    const spoiled = readFileSync(aside(String(blobs['spoiled bytes'])));
    writeFileSync(aside(String(blobs['spoiled bytes'])), Buffer.concat([Buffer.from('wrong'), spoiled.subarray(5)]));
    renameSync(join(dataDir, 'newer'), aside(String(blobs['newer old'])));
    renameSync(join(dataDir, 'deleted'), aside(String(blobs['deleted only'])));
    writeFileSync(join(dataDir, 'lost+found', 'stranger'), 'what an operator put there');
    loseIndex();
    const report = await rebuildIndex({ dataDir });
    assert.equal(report.broughtBack, 2);
    assert.ok(!existsSync(aside(String(blobs['gone only']))));
    for (const name of ['newer old', 'deleted only', 'spoiled bytes']) {
      assert.ok(existsSync(aside(String(blobs[name]))), name);
    }
    await withStore(async (s3, { entry }) => {
      const { removed, setAside: more } = await entry('sweep');
      assert.deepEqual([removed, more], [0, 0]);
      assert.equal(await text(s3, 'gone'), 'only');
      assert.equal(await text(s3, 'newer'), 'new');
      assert.equal(await text(s3, 'deleted'), 404);
      assert.equal(await text(s3, 'spoiled'), 404);
      assert.equal(await text(s3, 'once'), 'once');
    });
  });

  test('replaces nothing by a write of lost+found that had a condition: it may have been refused', async () => {
    let refused = '';
    await withStore(async (s3) => {
      refused = await addedBy(() => s3.put('photo', 'refused', { 'if-none-match': '*' }));
      cpSync(inFolder(refused), join(dataDir, 'kept'));
      await s3.delete('photo');
    });
    // As if the photo had been there before: its sequence is the lower one.
    const record = { kind: 'object', bucket: 'photos', key: 'other', size: 4, headers: {}, modifiedAt: 1, after: 0 };
    const etag = createHash('md5').update('mine').digest('hex');
    const sealed = (sequence: number, more = {}) =>
      Buffer.concat([Buffer.from('mine'), trailerOf({ ...record, sequence, etag, ...more } as never, 4)]);
    writeFileSync(inFolder('00/run-1'), sealed(1));
    mkdirSync(join(dataDir, 'lost+found'));
    writeFileSync(aside('00/run-2'), sealed(2, { conditional: true, headers: { 'content-type': 'x' } }));
    loseIndex();
    assert.equal((await rebuildIndex({ dataDir })).broughtBack, 0);
    await withStore(async (s3) => {
      assert.notEqual((await s3.get('other')).headers['content-type'], 'x');
    });
  });

  test('asks the old index of a blob whose trailer is damaged', async () => {
    let blob = '';
    await withStore(async (s3) => {
      blob = await addedBy(() => s3.put('photo', 'bytes', { 'content-type': 'image/x' }));
    });
    const bytes = readFileSync(inFolder(blob));
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
    writeFileSync(inFolder(blob), bytes);
    const report = await rebuildIndex({ dataDir });
    assert.deepEqual([report.objects, report.unreadable], [1, []]);
    await withStore(async (s3) => {
      assert.equal(await text(s3, 'photo'), 'bytes');
      assert.equal((await s3.head('photo')).headers['content-type'], 'image/x');
    });
    loseIndex();
    assert.deepEqual((await rebuildIndex({ dataDir })).unreadable, [blob]);
    assert.ok(existsSync(aside(blob)));
  });

  test('brings back no put that is older than a delete, nor one that was refused', async () => {
    let [older, refused] = ['', ''];
    await withStore(async (s3) => {
      older = await addedBy(() => s3.put('deleted', 'older'));
      cpSync(inFolder(older), join(dataDir, 'older'));
      await s3.delete('deleted');
      await s3.put('standing', 'first');
      // Both pass the first look, and one is refused once it is sealed.
      const both = ['a', 'b'].map((body) => s3.put('raced', body, { 'if-none-match': '*' }));
      const statuses = (await Promise.all(both)).map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, 412]);
    });
    const { groups } = readChanges(changesPath(dataDir));
    const voided = groups.flatMap(({ changes }) => changes).find(({ type }) => type === 'void');
    refused = voided?.type === 'void' ? voided.blob : '';
    renameSync(join(dataDir, 'older'), inFolder(older));
    if (refused !== '') cpSync(inFolder(older), inFolder(refused));
    loseIndex();
    await rebuildIndex({ dataDir });
    await withStore(async (s3) => {
      assert.equal(await text(s3, 'deleted'), 404);
      assert.equal(await text(s3, 'standing'), 'first');
    });
  });
});

describe('the file of changes', () => {
  const COMPACT = { compactChangesBytes: 1 };

  test('is made smaller at a start, and what was deleted stays so, what lies in lost+found too', async () => {
    let deleted = '';
    let uploadId = '';
    await withStore(async (s3) => {
      deleted = await addedBy(() => s3.put('deleted', 'x'));
      cpSync(inFolder(deleted), join(dataDir, 'deleted'));
      for (let index = 0; index < 30; index++) {
        await s3.put(`photo ${index}`, 'x');
        await s3.delete(`photo ${index}`);
      }
      await s3.delete('deleted');
      await s3.put('standing', 'x');
      uploadId = await s3.createUpload('aborted');
      await s3.uploadPart('aborted', uploadId, 1, 'part');
      await s3.call({ method: 'DELETE', key: 'aborted', query: { uploadId } });
    });
    mkdirSync(join(dataDir, 'lost+found'));
    renameSync(join(dataDir, 'deleted'), aside(deleted));
    const path = changesPath(dataDir);
    const before = readFileSync(path).length;
    await withStore(async () => {}, COMPACT);
    assert.ok(readFileSync(path).length < before / 4);
    await withStore((s3) => s3.delete('standing'), COMPACT);
    loseIndex();
    const { broughtBack, objects } = await rebuildIndex({ dataDir });
    assert.deepEqual([broughtBack, objects], [0, 0]);
    await withStore(async (s3) => {
      for (const key of ['deleted', 'photo 3', 'standing']) assert.equal(await text(s3, key), 404);
    }, COMPACT);
  });

  test('has one line carried out that the index does not know yet, and no second one', async () => {
    await withStore(async (s3) => {
      for (const key of ['a', 'b', 'c']) await s3.put(key, key);
    });
    const path = changesPath(dataDir);
    const write = (key: string) => {
      const log = new ChangeLog(path);
      const number = (readChanges(path).groups.at(-1)?.number ?? 0) + 1;
      log.append({ number, changes: [{ type: 'delete', bucket: 'photos', key, sequence: 2 ** 40 }] });
      log.close();
    };
    write('a');
    await withStore(async (s3) => {
      assert.equal(await text(s3, 'a'), 404);
      assert.equal(await text(s3, 'b'), 'b');
    });
    write('b');
    write('c');
    await assert.rejects(startTestStore({ dataDir }), /older than the changes .+: run `darkslide store rebuild`/);
    await rebuildIndex({ dataDir });
    await withStore(async (s3) => {
      for (const key of ['a', 'b', 'c']) assert.equal(await text(s3, key), 404);
    });
  });
});

describe('a missing or damaged blob', () => {
  test('is told at the start, and is whole again when it is back', async () => {
    let blob = '';
    await withStore(async (s3) => {
      blob = await addedBy(() => s3.put('photo', 'bytes'));
    });
    renameSync(inFolder(blob), join(dataDir, 'away'));
    await withStore(async (s3, { entry, store }) => {
      assert.deepEqual((await entry('sweep')).lost, [{ bucket: 'photos', key: 'photo' }]);
      assert.equal((await store.figures()).damagedObjects, 1);
      assert.equal((await s3.get('photo')).status, 500);
    });
    renameSync(join(dataDir, 'away'), inFolder(blob));
    await withStore(async (s3, { entry }) => {
      await entry('whole-again');
      assert.equal(await text(s3, 'photo'), 'bytes');
    });
  });

  test('of a part of an open upload counts as not arrived', async () => {
    let [uploadId, blob] = ['', ''];
    const numbers = async (s3: S3Client) => {
      const answer = await s3.call({ method: 'GET', key: 'open', query: { uploadId } });
      const parts = (xmlOf(answer, 'ListPartsResult', ['Part']).Part ?? []) as XmlObject[];
      return parts.map(({ PartNumber }) => Number(PartNumber));
    };
    await withStore(async (s3) => {
      uploadId = await s3.createUpload('open');
      await s3.uploadPart('open', uploadId, 1, 'one');
      blob = await addedBy(() => s3.uploadPart('open', uploadId, 2, 'two'));
    });
    rmSync(inFolder(blob));
    await withStore(async (s3) => {
      assert.deepEqual(await numbers(s3), [1]);
      await s3.uploadPart('open', uploadId, 2, 'two');
      assert.deepEqual(await numbers(s3), [1, 2]);
    });
  });
});
