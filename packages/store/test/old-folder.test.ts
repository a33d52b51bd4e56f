import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { multipartETag, type XmlObject } from '@darkslide/s3wire';
import { rebuildIndex } from '../src/index.ts';
import { during } from './support/during.ts';
import { type S3Client, xmlOf } from './support/s3-client.ts';
import { startTestStore } from './support/test-store.ts';

/** Of the first version, as it was released. */
const FIRST_SCHEMA = readFileSync(join(import.meta.dirname, 'support', 'first-schema.sql'), 'utf8');

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
const PARTS = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
const ALONE = randomBytes(50_000);
const SHARED = randomBytes(3000);
const PART = randomBytes(700);
const MULTIPART_ETAG = multipartETag(PARTS.map(md5));

/** A data folder as the first version left it: blobs are bare bytes, and what is empty has none. */
function makeOldFolder(dataDir: string): void {
  for (let folder = 0; folder < 256; folder++) {
    mkdirSync(join(dataDir, 'blobs', folder.toString(16).padStart(2, '0')), { recursive: true });
  }
  const db = new DatabaseSync(join(dataDir, 'index.sqlite'));
  db.exec(`PRAGMA journal_mode = WAL; ${FIRST_SCHEMA} PRAGMA user_version = 1;`);
  db.exec(`INSERT INTO bucket (name, created_at, cors) VALUES ('photos', ${TIME}, NULL)`);
  let count = 0;
  const blob = (bytes: Buffer) => {
    const name = `00/oldrun-${count++}`;
    writeFileSync(join(dataDir, 'blobs', name), bytes);
    return name;
  };
  const object = (key: string, etag: string, segments: { name: string; size: number }[]) => {
    const size = segments.reduce((sum, segment) => sum + segment.size, 0);
    const headers = JSON.stringify({ 'content-type': 'image/old' });
    const { lastInsertRowid } = db
      .prepare('INSERT INTO object (bucket_id, key, size, etag, modified_at, headers) VALUES (1, ?, ?, ?, ?, ?)')
      .run(Buffer.from(key), size, etag, TIME, headers);
    let start = 0;
    for (const segment of segments) {
      db.prepare('INSERT INTO segment (object_id, start, size, blob) VALUES (?, ?, ?, ?)').run(
        lastInsertRowid,
        start,
        segment.size,
        segment.name,
      );
      start += segment.size;
    }
  };
  const stored = (bytes: Buffer) => ({ name: blob(bytes), size: bytes.length });
  const alone = stored(ALONE);
  object('alone', md5(ALONE), [alone]);
  object('empty', md5(Buffer.alloc(0)), []);
  object('parts', MULTIPART_ETAG, PARTS.map(stored));
  const shared = stored(SHARED);
  for (const key of ['source', 'copy']) object(key, md5(SHARED), [shared]);
  db.prepare('INSERT INTO completion VALUES (?, 1, ?, ?, NULL, ?)').run(
    'finished',
    Buffer.from('parts'),
    MULTIPART_ETAG,
    Date.now(),
  );
  db.prepare('INSERT INTO upload VALUES (?, 1, ?, ?, ?, NULL, NULL)').run(
    'open',
    Buffer.from('open'),
    TIME,
    JSON.stringify({ 'content-type': 'image/open' }),
  );
  const part = db.prepare('INSERT INTO part VALUES (?, ?, ?, ?, ?, NULL, ?)');
  part.run('open', 1, PART.length, md5(PART), TIME, blob(PART));
  part.run('open', 2, 0, md5(Buffer.alloc(0)), TIME, null);
  blob(randomBytes(100));
  db.close();
  // As a kill would leave it that came while a trailer was being written.
  appendFileSync(join(dataDir, 'blobs', alone.name), '{"kind":"obj');
}

async function assertAllThere(s3: S3Client): Promise<void> {
  const expected = { alone: ALONE, empty: Buffer.alloc(0), parts: Buffer.concat(PARTS), source: SHARED, copy: SHARED };
  for (const [key, body] of Object.entries(expected)) {
    const { status, headers, body: found } = await s3.get(key);
    assert.equal(status, 200, key);
    assert.ok(found.equals(body), key);
    assert.equal(headers.etag, `"${key === 'parts' ? MULTIPART_ETAG : md5(body)}"`);
    assert.equal(headers['content-type'], 'image/old');
    assert.equal(headers['last-modified'], new Date(TIME).toUTCString());
  }
  const answer = await s3.call({ method: 'GET', key: 'open', query: { uploadId: 'open' } });
  const parts = xmlOf(answer, 'ListPartsResult', ['Part']).Part as XmlObject[];
  assert.deepEqual(
    parts.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      ['1', '700'],
      ['2', '0'],
    ],
  );
  const named = PARTS.map((bytes, index) => ({ number: index + 1, etag: `"${md5(bytes)}"` }));
  assert.equal((await s3.complete('parts', 'finished', named)).status, 200, 'a repeated Complete');
}

describe('a data folder of the first version', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'darkslide-old-'));
  before(() => makeOldFolder(dataDir));
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  test('is served as it was, and what it does not know is set aside', async () => {
    await during(startTestStore({ dataDir }), async (store) => {
      await assertAllThere(store.s3);
      const { removed, setAside, lost } = await store.entry('sweep');
      assert.deepEqual({ removed, setAside, lost }, { removed: 0, setAside: 1, lost: [] });
    });
  });

  test('can have its index made anew from then on', async () => {
    for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
    await assert.rejects(startTestStore({ dataDir }), /index\.sqlite is missing: run `darkslide store rebuild`/);
    const { objects, openUploads, unreadable, lost } = await rebuildIndex({ dataDir });
    assert.deepEqual(
      { objects, openUploads, unreadable, lost },
      { objects: 5, openUploads: 1, unreadable: [], lost: [] },
    );
    await during(startTestStore({ dataDir }), async (store) => {
      await assertAllThere(store.s3);
      assert.equal((await store.entry('sweep')).setAside, 0);
      assert.equal((await store.s3.put('alone', 'new')).status, 200);
      assert.equal((await store.s3.get('alone')).body.toString(), 'new');
    });
  });
});
