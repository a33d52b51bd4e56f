import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { S3Client } from './support/s3-client.ts';
import { blobFiles, editIndex, startTestStore, type TestStore } from './support/test-store.ts';

const MIB = 1024 * 1024;

/** What may become of a file on disk, and the reason that the store finds. */
const DAMAGES: Record<string, (path: string) => void> = {
  changed(path) {
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  },
  short: (path) => truncateSync(path, 1000),
  empty: (path) => truncateSync(path, 0),
  missing: (path) => renameSync(path, `${path}.away`),
};

type Stored = { body: Buffer; etag: string; blobs: string[] };

/** The names of the blobs that `store` makes, in its order. */
async function newBlobs(dataDir: string, store: () => Promise<void>): Promise<string[]> {
  const before = new Set(blobFiles(dataDir));
  await store();
  return blobFiles(dataDir)
    .filter((blob) => !before.has(blob))
    .sort();
}

async function putWhole({ s3, dataDir }: TestStore, key: string, bytes: number): Promise<Stored> {
  const body = randomBytes(bytes);
  let etag = '';
  const blobs = await newBlobs(dataDir, async () => {
    etag = String((await s3.put(key, body)).headers.etag);
  });
  return { body, etag, blobs };
}

async function putInParts({ s3, dataDir }: TestStore, key: string): Promise<Stored> {
  const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)];
  const blobs: string[] = [];
  const uploadId = await s3.createUpload(key);
  const named: { number: number; etag: string }[] = [];
  for (const [index, part] of parts.entries()) {
    const made = await newBlobs(dataDir, async () => {
      const { headers } = await s3.uploadPart(key, uploadId, index + 1, part);
      named.push({ number: index + 1, etag: String(headers.etag) });
    });
    blobs.push(...made);
  }
  await s3.complete(key, uploadId, named);
  const { headers } = await s3.head(key);
  return { body: Buffer.concat(parts), etag: String(headers.etag), blobs };
}

const classOf = async (s3: S3Client, key: string) => {
  const { Contents } = await s3.list({ prefix: key });
  return (Contents as { Key: string; StorageClass: string }[]).find((entry) => entry.Key === key)?.StorageClass;
};

/** What a client gets: the error's code, or the bytes, or that the connection broke. */
async function read(s3: S3Client, key: string, headers = {}): Promise<Buffer | string> {
  try {
    const answer = await s3.get(key, headers);
    return answer.status < 300 ? answer.body : (answer.code ?? String(answer.status));
  } catch {
    return 'broken off';
  }
}

const pathIn = (dataDir: string, blob: string | undefined) =>
  join(dataDir, 'blobs', blob ?? assert.fail('there is no such blob'));

describe('damaged bytes, of each shape of object', () => {
  let running: TestStore;
  before(async () => {
    running = await startTestStore();
    await running.entry('sweep');
  });
  after(() => running[Symbol.asyncDispose]());

  const shapes = {
    'a small object': (key: string) => putWhole(running, key, 2000),
    'an object of several pieces': (key: string) => putWhole(running, key, 3 * MIB + 17),
    "a multipart object's middle part": (key: string) => putInParts(running, key),
  };
  for (const [shape, put] of Object.entries(shapes)) {
    for (const [damage, spoil] of Object.entries(DAMAGES)) {
      test(`${shape}, ${damage}: never ends cleanly, is reported, and is whole again when the file is`, async () => {
        const { s3, dataDir, entries } = running;
        const key = `${shape} ${damage}`;
        const { body, etag, blobs } = await put(key);
        const blob = blobs[blobs.length > 1 ? 1 : 0];
        const path = pathIn(dataDir, blob);
        const whole = readFileSync(path);
        assert.equal(await classOf(s3, key), 'STANDARD');
        spoil(path);

        const got = await read(s3, key);
        assert.ok(['InternalError', 'broken off'].includes(String(got)), `got ${got.length} bytes`);
        await read(s3, key);
        const told = entries.filter((entry) => entry.type === 'damage' && entry.blob === blob);
        const reason = damage === 'empty' ? 'short' : damage;
        assert.deepEqual(told, [{ type: 'damage', blob, reason, objects: [{ bucket: 'photos', key }] }]);
        assert.equal(await classOf(s3, key), 'DAMAGED');
        const head = await s3.head(key);
        assert.equal(head.headers['x-amz-storage-class'], 'DAMAGED');
        if (damage === 'changed') assert.equal(head.headers['content-length'], String(body.length));
        else assert.equal(head.status, 500);
        assert.equal((await running.store.figures()).damagedObjects, 1);

        writeFileSync(path, whole);
        assert.deepEqual(await read(s3, key), body);
        assert.equal(await classOf(s3, key), 'STANDARD');
        const { status, headers } = await s3.head(key);
        assert.deepEqual([status, headers.etag, headers['x-amz-storage-class']], [200, etag, undefined]);
        assert.equal((await running.store.figures()).damagedObjects, 0);
      });
    }
  }
});

describe('damaged bytes', () => {
  let dataDir: string;
  let running: TestStore;
  const pathOf = (blob: string | undefined) => pathIn(dataDir, blob);

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'darkslide-store-'));
    running = await startTestStore({ dataDir });
    await running.entry('sweep');
  });
  afterEach(async () => {
    await running[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('are known after a restart, and forgotten when the object is replaced or deleted', async () => {
    for (const key of ['a', 'b', 'c']) {
      const { blobs } = await putWhole(running, key, 2000);
      DAMAGES.changed?.(pathOf(blobs[0]));
      assert.equal(await read(running.s3, key), 'InternalError');
    }
    await running[Symbol.asyncDispose]();
    running = await startTestStore({ dataDir });
    const { s3, store } = running;
    assert.equal((await store.figures()).damagedObjects, 3);
    await s3.put('a', 'again');
    await s3.delete('b');
    assert.equal(await classOf(s3, 'a'), 'STANDARD');
    assert.equal(await classOf(s3, 'c'), 'DAMAGED');
    assert.equal((await store.figures()).damagedObjects, 1);
  });

  test('show in ranges: of a whole part always, within a part where the bytes are not there', async () => {
    const { body, blobs } = await putInParts(running, 'photo');
    const { s3 } = running;
    DAMAGES.changed?.(pathOf(blobs[1]));
    const first = await read(s3, 'photo', { range: `bytes=0-${5 * MIB - 1}` });
    assert.deepEqual(first, body.subarray(0, 5 * MIB));
    assert.equal(await classOf(s3, 'photo'), 'STANDARD');
    assert.equal(await read(s3, 'photo', { range: `bytes=${5 * MIB - 10}-${10 * MIB + 10}` }), 'broken off');
    assert.equal(await classOf(s3, 'photo'), 'DAMAGED');
    const within = await read(s3, 'photo', { range: `bytes=${5 * MIB + 10}-${5 * MIB + 19}` });
    assert.deepEqual(within, body.subarray(5 * MIB + 10, 5 * MIB + 20));
    DAMAGES.short?.(pathOf(blobs[2]));
    truncateSync(pathOf(blobs[2]), 10);
    assert.equal(await read(s3, 'photo', { range: `bytes=${10 * MIB + 1}-${10 * MIB + 2}` }), 'InternalError');
  });

  test('do not block a write that replaces nothing', async () => {
    const { s3 } = running;
    const { blobs } = await putWhole(running, 'photo', 2000);
    const again = () => s3.put('photo', 'again', { 'if-none-match': '*' });
    assert.equal((await again()).status, 412);
    DAMAGES.changed?.(pathOf(blobs[0]));
    assert.equal(await read(s3, 'photo'), 'InternalError');
    assert.equal((await again()).status, 200);
    assert.equal((await s3.get('photo')).body.toString(), 'again');
    assert.equal((await again()).status, 412);
  });

  test('are the same in a copy, and never copied into a new part', async () => {
    const { s3 } = running;
    const { blobs } = await putWhole(running, 'photo', 3 * MIB);
    await s3.call({ method: 'PUT', key: 'copy', headers: { 'x-amz-copy-source': '/photos/photo' } });
    DAMAGES.changed?.(pathOf(blobs[0]));
    const uploadId = await s3.createUpload('third');
    const query = { partNumber: '1', uploadId };
    const copied = await s3.call({
      method: 'PUT',
      key: 'third',
      query,
      headers: { 'x-amz-copy-source': '/photos/photo' },
    });
    assert.equal(copied.code, 'InternalError');
    for (const key of ['photo', 'copy']) assert.equal(await classOf(s3, key), 'DAMAGED');
    assert.equal((await running.entry('damage')).objects.length, 2);
  });

  test('of a multipart object from before parts had an MD5 in the index are found, too', async () => {
    const { body, blobs } = await putInParts(running, 'photo');
    await running[Symbol.asyncDispose]();
    editIndex(dataDir, 'UPDATE segment SET md5 = NULL');
    running = await startTestStore({ dataDir });
    assert.deepEqual(await read(running.s3, 'photo'), body);
    DAMAGES.changed?.(pathOf(blobs[1]));
    assert.equal(await read(running.s3, 'photo'), 'broken off');
    assert.equal(await classOf(running.s3, 'photo'), 'DAMAGED');
    DAMAGES.changed?.(pathOf(blobs[1]));
    assert.deepEqual(await read(running.s3, 'photo'), body);
    assert.equal(await classOf(running.s3, 'photo'), 'STANDARD');
  });
});
