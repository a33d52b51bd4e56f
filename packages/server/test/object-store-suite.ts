import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { MIN_PART_SIZE } from '@darkslide/contract';
import { compareBytes } from '../src/storage/object-keys.ts';
import type { ObjectStore, OpenUpload, StoredPart, UploadRef } from '../src/storage/object-store.ts';

/** A storage under test, and how bytes get into it from outside, as clients send them. */
export type Target = {
  store: ObjectStore;
  put(key: string, bytes: Buffer): Promise<void>;
  putPart(upload: UploadRef, partNumber: number, bytes: Buffer): Promise<void>;
  /** Spoils the stored bytes, and has storage find out; missing where that can't be done from outside. */
  damage?: ((key: string, bytes: Buffer) => Promise<void>) | undefined;
};

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
const AWKWARD = [
  'a b',
  'a+b',
  'a%20b',
  'a&b=c?d#e',
  "it's (1)*!",
  '\u00e9',
  'e\u0301',
  '\u{1f4f7}',
  '\uffe6',
  '<x>',
  '~',
  '"',
];

const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));

/** What the rules rely on, of every ObjectStore alike. */
export function objectStoreSuite(name: string, open: (t: TestContext) => Promise<Target>): void {
  /** Keys of this run, so that a bucket in use does no harm. */
  const newPrefix = () => `${crypto.randomUUID()}/`;
  const startUpload = async ({ store }: Target) => {
    const key = `${newPrefix()}IMG_0001.CR3`;
    return { key, uploadId: await store.createUpload(key) };
  };

  describe(`the object store, ${name}`, () => {
    test('knows an object by its key, whatever characters it has', async (t) => {
      const { store, put } = await open(t);
      const prefix = newPrefix();
      for (const awkward of AWKWARD) {
        const key = prefix + awkward;
        assert.equal(await store.head(key), undefined, awkward);
        const bytes = Buffer.from(`bytes of ${awkward}`);
        await put(key, bytes);
        const { lastModified, ...object } = (await store.head(key)) ?? assert.fail(awkward);
        assert.deepEqual(object, { key, size: bytes.length, etag: md5(bytes), damaged: false });
        assert.equal(lastModified.getMilliseconds(), 0);
        assert.ok(Math.abs(lastModified.getTime() - Date.now()) < 60_000);
      }
      const { objects } = await store.list({ prefix, startAfter: prefix, limit: 1000 });
      const expected = AWKWARD.map((awkward) => prefix + awkward).sort(compareBytes);
      assert.deepEqual(
        objects.map(({ key }) => key),
        expected,
      );
      for (const object of objects) assert.deepEqual(await store.head(object.key), object);
    });

    test('reads ranges of an object as long as it is the same', async (t) => {
      const { store, put, damage } = await open(t);
      const key = `${newPrefix()}IMG 0001+.CR3`;
      const bytes = randomBytes(1000);
      await put(key, bytes);
      const etag = md5(bytes);
      const read = async (from: number, to: number) => await store.read(key, { from, to, etag });
      for (const [from, to] of [
        [0, 1],
        [0, 1000],
        [10, 999],
        [990, 5000],
      ] as const) {
        assert.deepEqual(Buffer.from((await read(from, to)) ?? []), bytes.subarray(from, to));
      }
      assert.equal((await read(1000, 2000))?.length, 0);
      assert.equal(await store.read(`${key}x`, { from: 0, to: 1, etag }), undefined);
      assert.equal(await store.read(key, { from: 0, to: 1, etag: md5(Buffer.from('other')) }), undefined);
      if (damage === undefined) return;
      await damage(key, bytes);
      assert.equal(await read(0, 1000), undefined);
    });

    test('says of an object that is damaged, until it is put again', async (t) => {
      const { store, put, damage } = await open(t);
      if (damage === undefined) return t.skip('the bytes of this storage can not be reached');
      const key = `${newPrefix()}IMG_0001.CR3`;
      const bytes = randomBytes(1000);
      await put(key, bytes);
      await damage(key, bytes);
      const object = (await store.head(key)) ?? assert.fail();
      assert.deepEqual([object.damaged, object.size, object.etag], [true, bytes.length, md5(bytes)]);
      assert.deepEqual((await store.list({ prefix: key, startAfter: '', limit: 9 })).objects, [object]);
      await put(key, bytes);
      assert.equal((await store.head(key))?.damaged, false);
    });

    test('lists in byte order, in pages, after any key', async (t) => {
      const { store, put } = await open(t);
      const prefix = newPrefix();
      const keys = ['B', 'a', 'b', '\uffe6', '\u{1f4f7}'].map((name) => prefix + name);
      for (const key of keys) await put(key, Buffer.from(key));
      const page = async (startAfter: string, limit: number) => {
        const { objects, more } = await store.list({ prefix, startAfter, limit });
        return [objects.map(({ key }) => key), more];
      };
      assert.deepEqual(await page(prefix, 5), [keys, false]);
      assert.deepEqual(await page(prefix, 4), [keys.slice(0, 4), true]);
      assert.deepEqual(await page(`${prefix}a`, 2), [keys.slice(2, 4), true]);
      assert.deepEqual(await page(`${prefix}aa`, 9), [keys.slice(2), false]);
      assert.deepEqual(await page(`${prefix}\u{1f4f7}`, 9), [[], false]);
      assert.deepEqual(await store.list({ prefix: newPrefix(), startAfter: '', limit: 9 }), {
        objects: [],
        more: false,
      });
    });

    test('completes an upload from its parts, whatever order they came in', async (t) => {
      const target = await open(t);
      const upload = await startUpload(target);
      assert.deepEqual(await target.store.listParts(upload), []);
      const parts = [Buffer.alloc(MIN_PART_SIZE, 1), Buffer.alloc(MIN_PART_SIZE, 2), Buffer.from('last')];
      for (const number of [3, 1, 2]) await target.putPart(upload, number, parts[number - 1] ?? assert.fail());
      // Some storages tell the versions of a part apart by the second.
      await nextSecond();
      await target.putPart(upload, 3, Buffer.from('last, again'));

      const listed = (await target.store.listParts(upload)) ?? assert.fail();
      assert.deepEqual(
        listed.map(({ partNumber, size, etag }) => [partNumber, size, etag]),
        [...parts.slice(0, 2), Buffer.from('last, again')].map((bytes, index) => [index + 1, bytes.length, md5(bytes)]),
      );
      const etag = target.store.etagOfParts(listed);
      assert.deepEqual(await target.store.completeUpload({ ...upload, parts: listed }), { kind: 'completed', etag });
      const object = await target.store.head(upload.key);
      assert.deepEqual([object?.etag, object?.size], [etag, 2 * MIN_PART_SIZE + 11]);

      assert.equal(await target.store.listParts(upload), undefined);
      const again = await target.store.completeUpload({ ...upload, parts: listed });
      // S3 may remember a completed upload for a while, and then returns the same again.
      assert.ok(again.kind === 'no-such-upload' || (again.kind === 'completed' && again.etag === etag));
    });

    test('refuses to complete from parts that it does not have', async (t) => {
      const target = await open(t);
      const upload = await startUpload(target);
      await target.putPart(upload, 1, Buffer.from('bytes'));
      const [listed] = (await target.store.listParts(upload)) ?? [];
      const part: StoredPart = listed ?? assert.fail();
      for (const parts of [[{ ...part, etag: md5(Buffer.from('other')) }], [part, { ...part, partNumber: 2 }]]) {
        assert.deepEqual(await target.store.completeUpload({ ...upload, parts }), { kind: 'parts-changed' });
      }
      assert.deepEqual((await target.store.listParts(upload))?.length, 1);
      assert.equal((await target.store.completeUpload({ ...upload, parts: [part] })).kind, 'completed');
    });

    test('forgets an aborted upload', async (t) => {
      const target = await open(t);
      const upload = await startUpload(target);
      await target.putPart(upload, 1, Buffer.from('bytes'));
      const parts = (await target.store.listParts(upload)) ?? assert.fail();
      assert.equal(await target.store.abortUpload(upload), 'aborted');
      assert.equal(await target.store.listParts(upload), undefined);
      assert.deepEqual(await target.store.completeUpload({ ...upload, parts }), { kind: 'no-such-upload' });
      assert.equal(await target.store.head(upload.key), undefined);
      await target.store.abortUpload(upload);
    });

    test('lists the open uploads', async (t) => {
      const target = await open(t);
      const uploads = [await startUpload(target), await startUpload(target), await startUpload(target)];
      await target.store.abortUpload(uploads[1] ?? assert.fail());
      const found: OpenUpload[] = [];
      for await (const page of target.store.openUploads()) found.push(...page);
      const ours = uploads.map(({ uploadId }) => found.find((upload) => upload.uploadId === uploadId)?.key);
      assert.deepEqual(ours, [uploads[0]?.key, undefined, uploads[2]?.key]);
      for (const { initiated } of found) assert.ok(initiated.getTime() <= Date.now() + 60_000);
    });

    test('answers that it is there', async (t) => {
      const { store } = await open(t);
      await store.check();
      assert.equal(store.etagIsMd5, true);
      assert.ok((await store.signer()).expiresAt.getTime() > Date.now());
    });
  });
}
