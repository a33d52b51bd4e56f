import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { during } from './support/during.ts';
import { answerOf } from './support/s3-client.ts';
import { blobFiles, editIndex, startTestStore, until } from './support/test-store.ts';

/** What is in a folder, itself included, that others than its owner may use. */
function openToOthers(folder: string): string[] {
  const names = ['', ...(readdirSync(folder, { recursive: true }) as string[])];
  return names.filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
}

describe('a store over its life', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'darkslide-store-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  test('keeps what it holds over a restart, open uploads too', async () => {
    const body = randomBytes(400_000);
    let uploadId: string;
    await during(startTestStore({ dataDir }), async (first) => {
      await first.s3.put('kept', body, { 'content-type': 'image/jpeg' });
      uploadId = await first.s3.createUpload('open');
      await first.s3.uploadPart('open', uploadId, 1, body);
    });
    await during(startTestStore({ dataDir }), async (second) => {
      const got = await second.s3.get('kept');
      assert.ok(got.body.equals(body));
      assert.equal(got.headers['content-type'], 'image/jpeg');
      const etag = String(got.headers.etag);
      assert.equal((await second.s3.complete('open', uploadId, [{ number: 1, etag }])).status, 200);
      assert.ok((await second.s3.get('open')).body.equals(body));
    });
  });

  test('holds its folder alone', async () => {
    await during(startTestStore({ dataDir }), async () => {
      await assert.rejects(startTestStore({ dataDir }), /is in use by another store/);
    });
  });

  test('releases the folder when it cannot start', async () => {
    await during(startTestStore(), async (other) => {
      await assert.rejects(startTestStore({ dataDir, port: other.store.port }), /another program listens there/);
      await during(startTestStore({ dataDir }), async () => {});
    });
  });

  test('does not touch the index of a newer version', async () => {
    await (await startTestStore({ dataDir }))[Symbol.asyncDispose]();
    editIndex(dataDir, 'PRAGMA user_version = 999');
    await assert.rejects(startTestStore({ dataDir }), /written by a newer version/);
  });

  test('does not take a folder without its blobs for an empty store', async () => {
    await (await startTestStore({ dataDir }))[Symbol.asyncDispose]();
    rmSync(join(dataDir, 'blobs'), { recursive: true });
    await assert.rejects(startTestStore({ dataDir }), /is missing: restore the data folder/);
  });

  test('removes at start what was never whole, and sets aside what it does not know', async () => {
    await during(startTestStore({ dataDir }), async (first) => {
      await first.s3.put('kept', 'y'.repeat(1000));
    });
    writeFileSync(join(dataDir, 'blobs', '00', 'run-1.partial'), 'half an upload');
    writeFileSync(join(dataDir, 'blobs', '00', 'stranger'), 'what an operator put there');
    await during(startTestStore({ dataDir }), async (second) => {
      assert.deepEqual(await second.entry('sweep'), { type: 'sweep', removed: 1, setAside: 1, lost: [] });
      assert.equal((await second.s3.get('kept')).status, 200);
      assert.equal(blobFiles(dataDir).length, 1);
      assert.equal(readFileSync(join(dataDir, 'lost+found', '00_stranger'), 'utf8'), 'what an operator put there');
      assert.equal((await second.store.figures()).lostAndFound, 1);
    });
  });

  test('empties lost+found only of what has been there for long', async () => {
    await (await startTestStore({ dataDir }))[Symbol.asyncDispose]();
    mkdirSync(join(dataDir, 'lost+found'));
    for (const [name, days] of Object.entries({ new: 29, old: 31 })) {
      const path = join(dataDir, 'lost+found', name);
      writeFileSync(path, name);
      const then = new Date(Date.now() - days * 24 * 3600 * 1000);
      utimesSync(path, then, then);
    }
    await during(startTestStore({ dataDir }), async () => {
      assert.deepEqual(readdirSync(join(dataDir, 'lost+found')), ['new']);
    });
  });

  test('tells an object as damaged whose bytes are gone, and gives it again once they are back', async () => {
    let path = '';
    await during(startTestStore({ dataDir }), async (first) => {
      await first.s3.put('away', 'x'.repeat(1000));
      path = join(dataDir, 'blobs', blobFiles(dataDir)[0] as string);
    });
    renameSync(path, join(dataDir, 'elsewhere'));
    for (const _start of ['first', 'second']) {
      await during(startTestStore({ dataDir }), async (without) => {
        assert.deepEqual((await without.entry('sweep')).lost, [{ bucket: 'photos', key: 'away' }]);
        assert.equal((await without.s3.get('away')).code, 'InternalError');
        assert.equal((await without.store.figures()).damagedObjects, 1);
      });
    }
    renameSync(join(dataDir, 'elsewhere'), path);
    await during(startTestStore({ dataDir }), async (back) => {
      assert.equal((await back.s3.get('away')).body.toString(), 'x'.repeat(1000));
      assert.equal((await back.store.figures()).damagedObjects, 0);
    });
  });

  test('keeps all that it writes to its owner, whatever the umask and the owner of the folder', async () => {
    chmodSync(dataDir, 0o755);
    const umask = process.umask(0);
    try {
      await during(startTestStore({ dataDir }), async (store) => {
        await store.s3.put('photo', 'x'.repeat(1000));
        await store.s3.delete('photo');
        await store.s3.put('photo', 'y'.repeat(1000));
        assert.deepEqual(openToOthers(dataDir), []);
        chmodSync(join(dataDir, 'index.sqlite'), 0o644);
      });
    } finally {
      process.umask(umask);
    }
    chmodSync(dataDir, 0o755);
    await during(startTestStore({ dataDir }), async () => {
      assert.deepEqual(openToOthers(dataDir), []);
    });
  });

  test('lets requests in progress end when it closes, and takes no more', async () => {
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
    await during(startTestStore({ dataDir }), async (again) => {
      assert.equal((await again.s3.get('late')).body.toString(), 'abcdef');
    });
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
