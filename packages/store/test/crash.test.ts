import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { XmlObject } from '@darkslide/s3wire';
import { seeded } from './support/random.ts';
import { type S3Client, xmlOf } from './support/s3-client.ts';
import { StoreChild } from './support/store-child.ts';
import { blobFiles, until } from './support/test-store.ts';

/** Each run kills at moments of its own; a start takes most of the time. */
const KILLS = Number(process.env.STORE_CRASH_KILLS ?? 25);
const WRITERS = 8;
const KEYS_PER_WRITER = 3;
const MIN_PART = 5 * 1024 * 1024;

/** What a key may hold: nothing, or the content that a number stands for. */
type Content = { seed: number; size: number } | 'nothing';

/** One key of one writer: what was acknowledged last, and what was being asked for when the answer stayed away. */
type Cell = { key: string; acknowledged: Content; asked: Content | undefined };

/** Bytes that differ wherever two contents could be mixed up. */
function bytesOf(content: { seed: number; size: number }): Buffer {
  const block = createHash('sha512').update(String(content.seed)).digest();
  const bytes = Buffer.alloc(content.size, block);
  for (let at = 0; at + 4 <= content.size; at += 4096) bytes.writeUInt32LE((content.seed ^ at) >>> 0, at);
  return bytes;
}

/** What one of several clients does, and what it knows of the store. */
class Writer {
  readonly cells: Cell[];
  /** Changes of keys that the store said were done. */
  acknowledgements = 0;
  readonly #random: () => number;
  /** Its open upload; of each part the ETag that was acknowledged, and the one that was asked for. */
  upload: { key: string; id: string } | undefined;
  readonly parts = new Map<number, { acknowledged: string | undefined; asked: string | undefined }>();

  constructor(index: number, random: () => number) {
    this.#random = random;
    this.cells = Array.from({ length: KEYS_PER_WRITER }, (_, key) => ({
      key: `writer-${index}/key-${key}`,
      acknowledged: 'nothing',
      asked: undefined,
    }));
  }

  /** Changes one of its keys after the other until the store is gone. @throws where a response is wrong */
  async write(s3: S3Client): Promise<void> {
    try {
      for (;;) await this.#change(s3);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }

  async #change(s3: S3Client): Promise<void> {
    const cell = this.cells[this.#pick(KEYS_PER_WRITER)] as Cell;
    const content = { seed: this.#pick(2 ** 31), size: [0, 100, 40_000, 300_000, 2_000_000][this.#pick(5)] ?? 0 };
    switch (this.#pick(6)) {
      case 0:
        cell.asked = 'nothing';
        assert.equal((await s3.delete(cell.key)).status, 204);
        break;
      case 1:
        if (await this.#sendParts(s3, cell, { ...content, size: MIN_PART + content.size })) break;
        return;
      case 2:
        return this.#sendPart(s3, content);
      default:
        cell.asked = content;
        assert.equal((await s3.put(cell.key, bytesOf(content))).status, 200);
    }
    cell.acknowledged = cell.asked as Content;
    cell.asked = undefined;
    this.acknowledgements += 1;
  }

  /** An upload with a part that is sent twice and one that is not named. One in three is given up: then false. */
  async #sendParts(s3: S3Client, cell: Cell, content: { seed: number; size: number }): Promise<boolean> {
    const bytes = bytesOf(content);
    const uploadId = await s3.createUpload(cell.key);
    const send = async (number: number, body: Buffer | string) => {
      const answer = await s3.uploadPart(cell.key, uploadId, number, body);
      assert.equal(answer.status, 200);
      return { number, etag: String(answer.headers.etag) };
    };
    await send(1, 'to be replaced');
    const [first, last] = await Promise.all([
      send(1, bytes.subarray(0, MIN_PART)),
      send(2, bytes.subarray(MIN_PART)),
      send(3, 'not to be named'),
    ]);
    if (this.#pick(3) === 0) {
      const abort = await s3.call({ method: 'DELETE', key: cell.key, query: { uploadId } });
      assert.equal(abort.status, 204);
      return false;
    }
    cell.asked = content;
    assert.equal((await s3.complete(cell.key, uploadId, [first, last])).status, 200);
    return true;
  }

  /** A part of the upload that stays open over all kills. */
  async #sendPart(s3: S3Client, content: { seed: number; size: number }): Promise<void> {
    const key = `${this.cells[0]?.key}-open`;
    this.upload ??= { key, id: await s3.createUpload(key) };
    const number = 1 + this.#pick(3);
    const bytes = bytesOf(content);
    const asked = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const part = { acknowledged: this.parts.get(number)?.acknowledged, asked };
    this.parts.set(number, part);
    assert.equal((await s3.uploadPart(key, this.upload.id, number, bytes)).status, 200);
    this.parts.set(number, { acknowledged: asked, asked: undefined });
  }

  /** Compares all that it knows with what is there, and takes what is there for the truth from now on. */
  async check(s3: S3Client): Promise<void> {
    for (const cell of this.cells) {
      const answer = await s3.get(cell.key);
      const possible = [cell.acknowledged, ...(cell.asked === undefined ? [] : [cell.asked])];
      const found = possible.find((content) =>
        content === 'nothing' ? answer.status === 404 : answer.status === 200 && answer.body.equals(bytesOf(content)),
      );
      const state = `${answer.status}, ${answer.body.length} bytes`;
      assert.ok(found !== undefined, `${cell.key} holds ${state}; expected ${JSON.stringify(possible)}`);
      cell.acknowledged = found;
      cell.asked = undefined;
    }
    if (this.upload === undefined) return;
    const { key, id } = this.upload;
    const answer = await s3.call({ method: 'GET', key, query: { uploadId: id } });
    const held = (xmlOf(answer, 'ListPartsResult', ['Part']).Part ?? []) as XmlObject[];
    for (const [number, { acknowledged, asked }] of this.parts) {
      const etag = held.find(({ PartNumber }) => PartNumber === String(number))?.ETag as string | undefined;
      assert.ok(
        etag === acknowledged || (asked !== undefined && etag === asked),
        `part ${number} of ${key} is ${etag}`,
      );
      this.parts.set(number, { acknowledged: etag, asked: undefined });
    }
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

/** Removes every object and every open upload. */
async function clear(s3: S3Client): Promise<void> {
  for (const { Key } of ((await s3.list()).Contents ?? []) as XmlObject[]) await s3.delete(String(Key));
  const uploads = xmlOf(await s3.call({ method: 'GET', query: { uploads: '' } }), 'ListMultipartUploadsResult', [
    'Upload',
  ]);
  for (const { Key, UploadId } of (uploads.Upload ?? []) as XmlObject[]) {
    await s3.call({ method: 'DELETE', key: String(Key), query: { uploadId: String(UploadId) } });
  }
}

test(`what was acknowledged survives ${KILLS} kills; what was not has left the old or the new, whole`, async (t) => {
  const seed = Number(process.env.STORE_CRASH_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}; STORE_CRASH_SEED=${seed} makes the same choices again`);
  const random = seeded(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'darkslide-crash-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const writers = Array.from({ length: WRITERS }, (_, index) => new Writer(index, seeded(random() * 2 ** 32)));

  for (let kill = 0; kill < KILLS; kill++) {
    const store = await StoreChild.start(dataDir);
    t.after(() => store.kill());
    await Promise.all(writers.map((writer) => writer.check(store.s3)));
    const writing = Promise.all(writers.map((writer) => writer.write(store.s3)));
    await delay(20 + random() * 300);
    await store.kill();
    await writing;
  }

  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledgements, 0);
  t.diagnostic(`${acknowledged} changes were acknowledged`);
  assert.ok(acknowledged >= KILLS, 'the kills came too early to tell anything');

  const last = await StoreChild.start(dataDir);
  t.after(() => last.kill());
  await Promise.all(writers.map((writer) => writer.check(last.s3)));
  assert.equal(await last.swept, '[]', 'no object has lost its bytes');
  await clear(last.s3);
  // Removed behind the answer; one that stood for nothing would stay.
  await until(() => blobFiles(dataDir).length === 0);
});
