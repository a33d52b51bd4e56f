import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { XmlObject } from '@darkslide/s3wire';
import { rebuildIndex, scrubFolder } from '../src/index.ts';
import { seeded } from './support/random.ts';
import { type Answer, type S3Client, xmlOf } from './support/s3-client.ts';
import { StoreChild } from './support/store-child.ts';
import { blobFiles } from './support/test-store.ts';

/** Each begins with a start, and ends with a stop and what befalls the folder then. */
const ROUNDS = Number(process.env.STORE_LOSS_ROUNDS ?? 10);
const STEPS = 14;
const KEYS = ['a', 'b/c', 'b/d', 'ä', 'e', 'f'];
const SIZES = [0, 1, 900, 40_000, 300_000];
const MIN_PART = 5 * 1024 * 1024;

/** What was answered for a key: all that a GET must give again. */
type Kept = { body: Buffer; etag: string; type: string; modified: string | undefined };
/** `undefined`: there is no object. Several: the response was lost, so that each of them may hold. */
type Possible = (Kept | undefined)[];
type Upload = { key: string; parts: Map<number, { etag: string; body: Buffer }> };

class Model {
  readonly objects = new Map<string, Possible>(KEYS.map((key) => [key, [undefined]]));
  readonly uploads = new Map<string, Upload>();
  readonly ended = new Set<string>();
  /** What a kill cut off, and the store did not show: a rebuild may find it whole, and bring it back. */
  readonly #cutOff = new Map<string, Kept[]>();
  readonly #random: () => number;
  #seed = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.pick(values.length)] as T;
  }

  body(size = this.oneOf(SIZES)): Buffer {
    this.#seed += 1;
    const body = Buffer.alloc(size, createHash('sha512').update(String(this.#seed)).digest());
    if (size > 4) body.writeUInt32LE(this.#seed, size - 4);
    return body;
  }

  /** One change of the store that is answered. */
  async step(s3: S3Client): Promise<void> {
    const key = this.oneOf(KEYS);
    const turns = [
      () => this.#put(s3, key),
      () => this.#put(s3, key),
      () => this.#delete(s3, key),
      () => this.#copy(s3, key, this.oneOf(KEYS)),
      () => this.#putTwice(s3, key),
      () => this.#part(s3, key),
      () => this.#part(s3, key),
      () => this.#complete(s3),
      () => this.#abort(s3),
    ];
    await this.oneOf(turns)();
  }

  /** Changes that a kill cuts off. Never rejects. */
  async cutOff(s3: S3Client): Promise<void> {
    await Promise.all(
      KEYS.map(async (key) => {
        const isDelete = this.pick(4) === 0;
        const kept = isDelete ? undefined : keptOf(this.body(), 'cut/off');
        this.objects.set(key, [...this.#now(key), kept]);
        const answer = isDelete
          ? s3.delete(key)
          : s3.put(key, (kept as Kept).body, { 'content-type': (kept as Kept).type });
        await answer.catch(() => {});
      }),
    );
  }

  #now = (key: string): Possible => this.objects.get(key) ?? [undefined];

  async #put(s3: S3Client, key: string): Promise<void> {
    const kept = keptOf(this.body(), `image/${this.pick(100)}`);
    const answer = await s3.put(key, kept.body, { 'content-type': kept.type });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, kept.etag);
    await this.#learn(s3, key, [kept]);
  }

  async #putTwice(s3: S3Client, key: string): Promise<void> {
    const both = [keptOf(this.body(), 'first/put'), keptOf(this.body(), 'second/put')];
    const answers = await Promise.all(both.map(({ body, type }) => s3.put(key, body, { 'content-type': type })));
    for (const { status } of answers) assert.equal(status, 200);
    await this.#learn(s3, key, both);
  }

  async #delete(s3: S3Client, key: string): Promise<void> {
    assert.equal((await s3.delete(key)).status, 204);
    this.objects.set(key, [undefined]);
    this.#cutOff.delete(key);
  }

  async #copy(s3: S3Client, from: string, to: string): Promise<void> {
    const [source] = this.#now(from);
    if (from === to || source === undefined) return;
    const headers = { 'x-amz-copy-source': `/photos/${encodeURIComponent(from)}` };
    const answer = await s3.call({ method: 'PUT', key: to, headers });
    assert.equal(answer.status, 200);
    await this.#learn(s3, to, [{ ...source, modified: undefined }]);
  }

  async #part(s3: S3Client, key: string): Promise<void> {
    let [id, upload] = [...this.uploads][this.pick(this.uploads.size + 1)] ?? [];
    if (id === undefined || upload === undefined) {
      id = await s3.createUpload(key, { 'content-type': 'multi/part' });
      upload = { key, parts: new Map() };
      this.uploads.set(id, upload);
    }
    const number = 1 + this.pick(3);
    const body = this.body();
    const answer = await s3.uploadPart(upload.key, id, number, body);
    assert.equal(answer.status, 200);
    upload.parts.set(number, { etag: String(answer.headers.etag), body });
  }

  async #complete(s3: S3Client): Promise<void> {
    const [id, upload] = this.oneOf([...this.uploads]) ?? [];
    if (id === undefined || upload === undefined || upload.parts.size === 0) return;
    // The first one is made large enough to have another behind it.
    const [last] = [...upload.parts].slice(-1);
    const number = last?.[0] ?? 0;
    const named = [{ number, etag: last?.[1].etag ?? '', body: last?.[1].body ?? Buffer.alloc(0) }];
    if (number > 1 && this.pick(3) === 0) {
      const body = this.body(MIN_PART);
      const answer = await s3.uploadPart(upload.key, id, 1, body);
      named.unshift({ number: 1, etag: String(answer.headers.etag), body });
    }
    const answer = await s3.complete(upload.key, id, named);
    assert.equal(answer.status, 200, answer.body.toString());
    this.uploads.delete(id);
    this.ended.add(id);
    const etag = String(xmlOf(answer, 'CompleteMultipartUploadResult').ETag);
    const body = Buffer.concat(named.map((part) => part.body));
    await this.#learn(s3, upload.key, [{ body, etag, type: 'multi/part', modified: undefined }]);
  }

  async #abort(s3: S3Client): Promise<void> {
    const [id, upload] = this.oneOf([...this.uploads]) ?? [];
    if (id === undefined || upload === undefined) return;
    const answer = await s3.call({ method: 'DELETE', key: upload.key, query: { uploadId: id } });
    assert.equal(answer.status, 204);
    this.uploads.delete(id);
    this.ended.add(id);
  }

  /**
   * Compares all with what is there. `mayBeDamaged`: what befell the folder allows an object to be told as damaged.
   * `rebuilt`: what was cut off may be there now.
   */
  async check(s3: S3Client, { mayBeDamaged, rebuilt }: { mayBeDamaged: boolean; rebuilt: boolean }): Promise<void> {
    for (const [key, possible] of [...this.objects]) {
      const cutOff = this.#cutOff.get(key) ?? [];
      await this.#learn(s3, key, rebuilt ? [...possible, ...cutOff] : possible, { mayBeDamaged });
      const written = possible.slice(1).filter((kept) => kept !== undefined);
      this.#cutOff.set(key, [...cutOff, ...written]);
    }
    for (const [id, { key, parts }] of this.uploads) {
      if (parts.size === 0) continue;
      const answer = await s3.call({ method: 'GET', key, query: { uploadId: id } });
      const held = answer.status === 200 ? (xmlOf(answer, 'ListPartsResult', ['Part']).Part as XmlObject[]) : [];
      const found = new Map(held?.map(({ PartNumber, ETag }) => [Number(PartNumber), String(ETag)]));
      for (const [number, { etag }] of parts) {
        // A damaged part is not listed, so that it is sent again.
        if (found.get(number) === etag || (mayBeDamaged && found.get(number) === undefined)) continue;
        assert.fail(`part ${number} of ${id} is ${found.get(number)} and not ${etag}`);
      }
      if (found.size !== parts.size) this.uploads.delete(id);
    }
    const open = xmlOf(await s3.call({ method: 'GET', query: { uploads: '' } }), 'ListMultipartUploadsResult', [
      'Upload',
    ]);
    for (const { UploadId } of (open.Upload ?? []) as XmlObject[]) {
      assert.ok(!this.ended.has(String(UploadId)), `upload ${UploadId} had ended`);
    }
    for (const [id, { parts }] of this.uploads) if (parts.size === 0) this.uploads.delete(id);
  }

  /** Takes what is there for the truth, if it is one of what may be. */
  async #learn(s3: S3Client, key: string, possible: Possible, { mayBeDamaged = false } = {}): Promise<void> {
    const answer = await s3.get(key).catch(() => 'broken off' as const);
    if (answer === 'broken off' || answer.status === 500) {
      assert.ok(mayBeDamaged, `${key} can't be read`);
      // Sent again, as the damage asks for.
      return await this.#put(s3, key);
    }
    const found = possible.find((kept) => isThere(answer, kept));
    const isKnown = found !== undefined || (possible.includes(undefined) && answer.status === 404);
    assert.ok(isKnown, `${key}: ${describe(answer)}, expected ${possible.map(words).join(' or ')}`);
    this.objects.set(key, [found && { ...found, modified: answer.headers['last-modified'] }]);
    this.#cutOff.delete(key);
  }
}

const keptOf = (body: Buffer, type: string): Kept => ({
  body,
  etag: `"${createHash('md5').update(body).digest('hex')}"`,
  type,
  modified: undefined,
});

const isThere = ({ status, headers, body }: Answer, kept: Kept | undefined): boolean =>
  kept !== undefined &&
  status === 200 &&
  body.equals(kept.body) &&
  headers.etag === kept.etag &&
  headers['content-type'] === kept.type &&
  (kept.modified === undefined || headers['last-modified'] === kept.modified);

const words = (kept: Kept | undefined) => (kept ? `${kept.body.length} bytes ${kept.etag} ${kept.type}` : 'nothing');
const describe = ({ status, headers, body }: Answer) =>
  `${status}, ${body.length} bytes ${headers.etag} ${headers['content-type']} ${headers['last-modified']}`;

function flipBit(path: string, model: Model): void {
  const bytes = readFileSync(path);
  if (bytes.length === 0) return;
  const at = model.pick(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << model.pick(8));
  writeFileSync(path, bytes);
}

/** What befalls a folder whose store is stopped; each returns whether objects may be damaged by it. */
const BEFALLS: Record<string, (dataDir: string, model: Model) => boolean> = {
  nothing: () => false,
  'the index is lost'(dataDir) {
    for (const end of ['', '-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
    return false;
  },
  'the index is cut off'(dataDir, model) {
    truncateSync(join(dataDir, 'index.sqlite'), model.pick(2) * 4096);
    return false;
  },
  'a bit of the index flips'(dataDir, model) {
    flipBit(join(dataDir, 'index.sqlite'), model);
    return true;
  },
  'an older index is put back'(dataDir, model) {
    if (!existsSync(`${dataDir}.old`)) return false;
    for (const end of ['-wal', '-shm']) rmSync(join(dataDir, `index.sqlite${end}`), { force: true });
    copyFileSync(`${dataDir}.old`, join(dataDir, 'index.sqlite'));
    if (model.pick(2) === 0) rmSync(join(dataDir, 'index.seal'), { force: true });
    return false;
  },
  'a bit of a photo flips'(dataDir, model) {
    const blob = model.oneOf(blobFiles(dataDir));
    if (blob !== undefined) flipBit(join(dataDir, 'blobs', blob), model);
    return true;
  },
  'a photo is away'(dataDir, model) {
    const blob = model.oneOf(blobFiles(dataDir));
    if (blob !== undefined) renameSync(join(dataDir, 'blobs', blob), join(dataDir, `away-${blob.replace('/', '_')}`));
    return true;
  },
};

/** Starts the store, after what a refused start says is to be done. */
async function start(dataDir: string): Promise<{ store: StoreChild; rebuilt: boolean }> {
  try {
    return { store: await StoreChild.start(dataDir), rebuilt: false };
  } catch (error) {
    assert.match(String(error), /^Error: index\.sqlite .+: run `darkslide store rebuild`/);
    await rebuildIndex({ dataDir });
    return { store: await StoreChild.start(dataDir), rebuilt: true };
  }
}

test('whatever befalls the index, each object is what was acknowledged, or is told as damaged', async (t) => {
  const seed = Number(process.env.STORE_LOSS_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}; STORE_LOSS_SEED=${seed} makes the same choices again`);
  const model = new Model(seeded(seed));
  const folder = mkdtempSync(join(tmpdir(), 'darkslide-loss-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'data');
  let mayBeDamaged = false;
  const seen: string[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const { store, rebuilt } = await start(dataDir);
    t.after(() => store.kill());
    if (rebuilt) seen.push('(rebuilt)');
    t.diagnostic(`round ${round}: ${seen.splice(0).join(', ')}`);
    await model.check(store.s3, { mayBeDamaged, rebuilt });
    for (let step = 0; step < STEPS; step++) await model.step(store.s3);
    if (round % 2 === 0) {
      await store.close();
      seen.push('closed');
    } else {
      const cut = model.cutOff(store.s3);
      await new Promise((resolve) => setTimeout(resolve, model.pick(20)));
      await store.kill();
      await cut;
      seen.push('killed');
    }
    const befalls = model.oneOf(Object.keys(BEFALLS));
    seen.push(befalls);
    mayBeDamaged = BEFALLS[befalls]?.(dataDir, model) ?? false;
    // It finds what is wrong with parts, and writes trailers again before the index that tells them is lost.
    if (befalls === 'a bit of a photo flips') await scrubFolder({ dataDir });
    if (round % 3 === 0 && befalls === 'nothing' && round % 2 === 0) {
      copyFileSync(join(dataDir, 'index.sqlite'), `${dataDir}.old`);
    }
  }
});
