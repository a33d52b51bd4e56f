import { createHash, randomUUID } from 'node:crypto';
import { compareBytes } from '../src/storage/object-keys.ts';
import {
  type CompleteOutcome,
  type LinkSigner,
  type ObjectStore,
  type OpenUpload,
  StorageUnavailableError,
  type StoredObject,
  type StoredPart,
  type UploadRef,
} from '../src/storage/object-store.ts';

const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('hex');

type OpenEntry = { key: string; initiated: Date; parts: Map<number, StoredPart> };

/**
 * Storage in memory, as the rules see it. Links are `fake:` addresses; `put` and `putPart` stand for the PUTs that
 * clients send to them, with a size instead of bytes where the bytes don't matter.
 */
export class FakeObjectStore implements ObjectStore {
  readonly etagIsMd5 = true;
  readonly conditions = { put: true, complete: true };
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, OpenEntry>();
  /** The calls so far, by name. */
  readonly calls: string[] = [];
  /** By MD5; what was put as a size alone has none. */
  readonly #contents = new Map<string, Buffer>();
  readonly #now: () => number;
  /** Some storages answer an abort of an upload that they do not know as if they had aborted it. */
  abortsUnknown = false;
  /** Stands around every call, and may delay it, or make it fail before or after it happened. */
  around: <Result>(call: string, work: () => Result) => Promise<Result> = async (_, work) => work();

  constructor({ now = Date.now }: { now?: () => number } = {}) {
    this.#now = now;
  }

  put(key: string, content: Uint8Array | string | number): void {
    const bytes = typeof content === 'number' ? String(content) : content;
    const size = typeof content === 'number' ? content : Buffer.byteLength(bytes);
    this.objects.set(key, { key, size, etag: md5(bytes), lastModified: this.#date(), damaged: false });
    if (typeof content !== 'number') this.#contents.set(md5(bytes), Buffer.from(content));
  }

  /** From now on, its bytes can't be given back. Until it is put again. */
  damage(key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error(`NoSuchKey ${key}`);
    this.objects.set(key, { ...object, damaged: true });
  }

  putPart(
    { uploadId }: { uploadId: string },
    partNumber: number,
    size: number,
    content: Uint8Array | string = `${partNumber}:${size}`,
  ): void {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) throw new Error(`NoSuchUpload ${uploadId}`);
    upload.parts.set(partNumber, { partNumber, size, etag: md5(content), lastModified: this.#date() });
  }

  etagOfParts(parts: readonly StoredPart[]): string {
    return `${md5(Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex'))))}-${parts.length}`;
  }

  async signer({ until }: { until?: Date | undefined } = {}): Promise<LinkSigner> {
    const expiresAt = Math.min(this.#now() + 3_600_000, until?.getTime() ?? Number.POSITIVE_INFINITY);
    const length = (size: number | undefined) => (size === undefined ? '' : `#${size}`);
    return {
      expiresAt: new Date(expiresAt),
      put: (key, { size, ifAbsent } = {}) =>
        `fake:put/${encodeURIComponent(key)}${length(size)}${ifAbsent ? '?if-absent' : ''}`,
      putPart: ({ key, uploadId }, number, { size } = {}) =>
        `fake:part/${encodeURIComponent(key)}?${uploadId}/${number}${length(size)}`,
      get: (key) => `fake:get/${encodeURIComponent(key)}`,
      view: (key) => `fake:view/${encodeURIComponent(key)}`,
    };
  }

  read = (key: string, { from, to, etag }: { from: number; to: number; etag: string }) =>
    this.#call('read', () => {
      const object = this.objects.get(key);
      if (object === undefined || object.etag !== etag || object.damaged) return undefined;
      return (
        this.#contents.get(etag)?.subarray(from, to) ?? Buffer.alloc(Math.max(0, Math.min(to, object.size) - from))
      );
    });

  writeJpeg = (key: string, bytes: Uint8Array) => this.#call('writeJpeg', () => this.put(key, bytes));

  head = (key: string) => this.#call('head', () => this.objects.get(key));

  list = ({ prefix, startAfter, limit }: { prefix: string; startAfter: string; limit: number }) =>
    this.#call('list', () => {
      const found = [...this.objects.values()]
        .filter(({ key }) => key.startsWith(prefix) && compareBytes(key, startAfter) > 0)
        .sort((a, b) => compareBytes(a.key, b.key));
      return { objects: found.slice(0, limit), more: found.length > limit };
    });

  createUpload = (key: string) =>
    this.#call('createUpload', () => {
      const uploadId = randomUUID();
      this.uploads.set(uploadId, { key, initiated: this.#date(), parts: new Map() });
      return uploadId;
    });

  listParts = (ref: UploadRef) =>
    this.#call('listParts', () => {
      const parts = this.#open(ref)?.parts.values();
      return parts && [...parts].sort((a, b) => a.partNumber - b.partNumber);
    });

  completeUpload = ({
    parts,
    ifAbsent,
    ...ref
  }: UploadRef & { parts: readonly StoredPart[]; ifAbsent?: boolean | undefined }) =>
    this.#call('completeUpload', (): CompleteOutcome => {
      const upload = this.#open(ref);
      if (upload === undefined) return { kind: 'no-such-upload' };
      const same = parts.every(({ partNumber, etag }) => upload.parts.get(partNumber)?.etag === etag);
      if (!same || parts.length === 0) return { kind: 'parts-changed' };
      if (ifAbsent && this.objects.has(ref.key)) return { kind: 'exists' };
      const etag = this.etagOfParts(parts);
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      this.objects.set(ref.key, { key: ref.key, size, etag, lastModified: this.#date(), damaged: false });
      this.uploads.delete(ref.uploadId);
      return { kind: 'completed', etag };
    });

  abortUpload = (ref: UploadRef) =>
    this.#call('abortUpload', (): 'aborted' | 'no-such-upload' => {
      if (this.#open(ref) === undefined) return this.abortsUnknown ? 'aborted' : 'no-such-upload';
      this.uploads.delete(ref.uploadId);
      return 'aborted';
    });

  /** Whether the credentials allow it. */
  mayRemove = true;

  remove = (key: string) =>
    this.#call('remove', (): 'removed' | 'refused' => {
      if (!this.mayRemove) return 'refused';
      this.objects.delete(key);
      return 'removed';
    });

  async *openUploads(): AsyncIterable<OpenUpload[]> {
    yield await this.#call('openUploads', () =>
      [...this.uploads].map(([uploadId, { key, initiated }]) => ({ key, uploadId, initiated })),
    );
  }

  async check(): Promise<void> {
    await this.#call('check', () => undefined);
  }

  async #call<Result>(name: string, work: () => Result): Promise<Result> {
    this.calls.push(name);
    return await this.around(name, work);
  }

  #open({ key, uploadId }: UploadRef): OpenEntry | undefined {
    const upload = this.uploads.get(uploadId);
    return upload?.key === key ? upload : undefined;
  }

  #date(): Date {
    return new Date(Math.floor(this.#now() / 1000) * 1000);
  }
}

/** What a storage that does not answer makes of a call. */
export const noAnswer = () => new StorageUnavailableError('the fake storage does not answer');
