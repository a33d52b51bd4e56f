import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { answerOf } from './support/s3-client.ts';
import { blobFiles, startTestStore, until } from './support/test-store.ts';

describe('a store over its life', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'darkslide-store-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  test('keeps what it holds over a restart, open uploads too', async () => {
    const body = randomBytes(400_000);
    let uploadId: string;
    {
      await using first = await startTestStore({ dataDir });
      await first.s3.put('kept', body, { 'content-type': 'image/jpeg' });
      uploadId = await first.s3.createUpload('open');
      await first.s3.uploadPart('open', uploadId, 1, body);
    }
    await using second = await startTestStore({ dataDir });
    const got = await second.s3.get('kept');
    assert.ok(got.body.equals(body));
    assert.equal(got.headers['content-type'], 'image/jpeg');
    const etag = String(got.headers.etag);
    assert.equal((await second.s3.complete('open', uploadId, [{ number: 1, etag }])).status, 200);
    assert.ok((await second.s3.get('open')).body.equals(body));
  });

  test('holds its folder alone', async () => {
    await using _first = await startTestStore({ dataDir });
    await assert.rejects(startTestStore({ dataDir }), /is in use by another store/);
  });

  test('lets go of the folder when it cannot start', async () => {
    await using other = await startTestStore();
    await assert.rejects(startTestStore({ dataDir, port: other.store.port }), /another program listens there/);
    await using _store = await startTestStore({ dataDir });
  });

  test('does not touch the index of a newer version', async () => {
    await (await startTestStore({ dataDir }))[Symbol.asyncDispose]();
    const db = new DatabaseSync(join(dataDir, 'index.sqlite'));
    db.exec('PRAGMA user_version = 999');
    db.close();
    await assert.rejects(startTestStore({ dataDir }), /written by a newer version/);
  });

  test('does not take a folder without its blobs for an empty store', async () => {
    await (await startTestStore({ dataDir }))[Symbol.asyncDispose]();
    rmSync(join(dataDir, 'blobs'), { recursive: true });
    await assert.rejects(startTestStore({ dataDir }), /is missing: restore the data folder/);
  });

  test('sweeps at start what stands for nothing, and says which objects have lost their bytes', async () => {
    {
      await using first = await startTestStore({ dataDir });
      await first.s3.put('lost', 'x'.repeat(1000));
      const [blob] = blobFiles(dataDir);
      await first.s3.put('kept', 'y'.repeat(1000));
      unlinkSync(join(dataDir, 'blobs', blob as string));
    }
    writeFileSync(join(dataDir, 'blobs', '00', 'leftover'), 'half an upload');
    await using second = await startTestStore({ dataDir });
    const { removed, lost } = await second.entry('sweep');
    assert.equal(removed, 1);
    assert.deepEqual(lost, [{ bucket: 'photos', key: 'lost' }]);
    assert.equal((await second.s3.get('lost')).code, 'NoSuchKey');
    assert.equal((await second.s3.get('kept')).status, 200);
    assert.equal(blobFiles(dataDir).length, 1);
  });

  test('lets requests at work end when it closes, and takes no more', async () => {
    const running = await startTestStore({ dataDir });
    const { url, headers } = running.s3.sign({ method: 'PUT', key: 'late' });
    const request = httpRequest(url, { method: 'PUT', headers: { ...headers, 'content-length': 6 }, agent: false });
    const answer = answerOf(request);
    request.write('abc');
    await until(() => blobFiles(dataDir).length === 1);
    const closed = running.store.close({ graceMs: 10_000 });
    // Refused at the door, or in the hall, where the connection had been made before.
    await assert.rejects(running.s3.get('late').then(({ status }) => assert.equal(status, 200)));
    request.end('def');
    assert.equal((await answer).status, 200);
    await closed;
    await using again = await startTestStore({ dataDir });
    assert.equal((await again.s3.get('late')).body.toString(), 'abcdef');
  });

  test('gives requests up when the time to close is over, and keeps nothing of them', async () => {
    const running = await startTestStore({ dataDir });
    const { url, headers } = running.s3.sign({ method: 'PUT', key: 'late' });
    const request = httpRequest(url, { method: 'PUT', headers: { ...headers, 'content-length': 6 }, agent: false });
    request.write('abc');
    await until(() => blobFiles(dataDir).length === 1);
    const failed = once(request, 'error');
    await running.store.close({ graceMs: 50 });
    await failed;
    assert.deepEqual(blobFiles(dataDir), []);
  });

  test('tells its owner when it dies', async () => {
    const started = once(process, 'worker');
    const running = await startTestStore({ dataDir });
    const [thread] = await started;
    await thread.terminate();
    await assert.rejects(running.store.closed, /has stopped by itself/);
  });
});
