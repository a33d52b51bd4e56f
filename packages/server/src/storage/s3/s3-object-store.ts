import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type ListPartsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { multipartETag, unquoteETag } from '@darkslide/s3wire';
import { type Metrics, NO_METRICS } from '../../observability/metrics.ts';
import type {
  CompleteOutcome,
  Conditions,
  LinkSigner,
  ObjectStore,
  OpenUpload,
  StoredObject,
  StoredPart,
  UploadRef,
} from '../object-store.ts';
import { DAMAGED_CLASS, isDamaged, isNoSuchUpload, isNotFound, s3Code, unavailable } from './errors.ts';
import type { StorageHabits } from './probe.ts';
import type { SignerFactory } from './signer.ts';

/** How long storage may take, all retries together, in milliseconds. */
const DEADLINE_MS = 20_000;
/** Completing thousands of parts may take a storage long. Shorter than an upload is held for it. */
const COMPLETE_DEADLINE_MS = 60_000;
/** For a health check. */
const CHECK_DEADLINE_MS = 2000;

/** Refusals of a complete that say that storage is no longer as it was when it was asked, and to ask again. */
const PARTS_CHANGED = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall', 'ConditionalRequestConflict']);

/** The rules' ObjectStore, over S3's HTTP. */
export class S3ObjectStore implements ObjectStore {
  readonly etagIsMd5: boolean;
  readonly conditions: Conditions;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #signers: SignerFactory;
  readonly #habits: StorageHabits;
  readonly #metrics: Metrics;
  #aheadMs: number | undefined;

  constructor(options: {
    client: S3Client;
    bucket: string;
    signers: SignerFactory;
    habits: StorageHabits;
    metrics?: Metrics | undefined;
  }) {
    this.#client = options.client;
    this.#bucket = options.bucket;
    this.#signers = options.signers;
    this.#habits = options.habits;
    this.#metrics = options.metrics ?? NO_METRICS;
    this.etagIsMd5 = options.habits.etagIsMd5;
    readDates(options.client, (date) => {
      this.#aheadMs = Date.now() - date;
    });
    this.conditions = options.habits.conditions;
  }

  etagOfParts(parts: readonly StoredPart[]): string | undefined {
    const areMd5s = this.etagIsMd5 && parts.every(({ etag }) => /^[0-9a-f]{32}$/.test(etag));
    return areMd5s ? multipartETag(parts.map(({ etag }) => etag)) : undefined;
  }

  async signer(options?: { until?: Date | undefined }): Promise<LinkSigner> {
    try {
      return counted(await this.#signers.signer(this.#habits.putHeaders, options), this.#metrics);
    } catch (error) {
      throw unavailable('Reading the storage credentials', error);
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    try {
      const found = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.#bucket, Key: key }),
        within(DEADLINE_MS),
      );
      return storedObject({ ...found, Key: key, Size: found.ContentLength });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      // Such a response has no size; the listing has it.
      if (isDamaged(error)) return await this.#listed(key);
      throw unavailable('HeadObject', error);
    }
  }

  async read(
    key: string,
    { from, to, etag }: { from: number; to: number; etag: string },
  ): Promise<Uint8Array | undefined> {
    const get = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Range: `bytes=${from}-${to - 1}`,
      IfMatch: `"${etag}"`,
    });
    try {
      const { Body } = await this.#client.send(get, within(DEADLINE_MS));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (isNotFound(error) || isDamaged(error) || s3Code(error) === 'PreconditionFailed') return undefined;
      if (s3Code(error) === 'InvalidRange') return new Uint8Array();
      throw unavailable('GetObject', error);
    }
  }

  async writeJpeg(key: string, bytes: Uint8Array): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: bytes, ContentType: 'image/jpeg' });
    try {
      await this.#client.send(put, within(DEADLINE_MS));
    } catch (error) {
      throw unavailable('PutObject', error);
    }
  }

  async list({ prefix, startAfter, limit }: { prefix: string; startAfter: string; limit: number }) {
    const page = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      StartAfter: startAfter,
      MaxKeys: limit,
      // Keys may hold characters that XML can't.
      EncodingType: 'url',
    });
    try {
      const { Contents = [], IsTruncated, EncodingType } = await this.#client.send(page, within(DEADLINE_MS));
      const objects = Contents.map((entry) => storedObject({ ...entry, Key: decodeKey(entry.Key, EncodingType) }));
      return { objects, more: IsTruncated === true };
    } catch (error) {
      throw unavailable('ListObjectsV2', error);
    }
  }

  async #listed(key: string): Promise<StoredObject | undefined> {
    const { objects } = await this.list({ prefix: key, startAfter: '', limit: 1 });
    return objects.find((object) => object.key === key);
  }

  async createUpload(key: string): Promise<string> {
    try {
      const create = new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key });
      const { UploadId } = await this.#client.send(create, within(DEADLINE_MS));
      if (UploadId === undefined) throw new Error('the response has no UploadId');
      return UploadId;
    } catch (error) {
      throw unavailable('CreateMultipartUpload', error);
    }
  }

  async listParts({ key, uploadId }: UploadRef): Promise<StoredPart[] | undefined> {
    const parts: StoredPart[] = [];
    const upload = { Bucket: this.#bucket, Key: key, UploadId: uploadId };
    const options = within(DEADLINE_MS);
    try {
      // Not the SDK's paginator: it goes on while there is a marker, and Ceph sends one with the last page too.
      for (let marker: string | undefined, more = true; more; ) {
        const list: ListPartsCommand = new ListPartsCommand({ ...upload, PartNumberMarker: marker });
        const page = await this.#client.send(list, options);
        for (const part of page.Parts ?? []) parts.push(storedPart(part));
        marker = page.NextPartNumberMarker;
        more = page.IsTruncated === true && marker !== undefined;
      }
      return newestOfEach(parts);
    } catch (error) {
      if (isNoSuchUpload(error)) return undefined;
      throw unavailable('ListParts', error);
    }
  }

  async completeUpload({
    key,
    uploadId,
    parts,
    ifAbsent = false,
  }: UploadRef & { parts: readonly StoredPart[]; ifAbsent?: boolean | undefined }): Promise<CompleteOutcome> {
    if (ifAbsent && !this.conditions.complete && (await this.head(key)) !== undefined) return { kind: 'exists' };
    const complete = new CompleteMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: uploadId,
      IfNoneMatch: ifAbsent && this.conditions.complete ? '*' : undefined,
      MultipartUpload: { Parts: parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: `"${etag}"` })) },
    });
    try {
      const { ETag } = await this.#client.send(complete, within(COMPLETE_DEADLINE_MS));
      // Ceph leaves it empty the first time.
      const etag = unquoteETag(ETag ?? '') || this.etagOfParts(parts) || (await this.head(key))?.etag;
      if (!etag) throw new Error('the response has no ETag');
      return { kind: 'completed', etag };
    } catch (error) {
      if (isNoSuchUpload(error)) return { kind: 'no-such-upload' };
      const code = s3Code(error);
      if (code !== undefined && PARTS_CHANGED.has(code)) return { kind: 'parts-changed' };
      if (code === 'PreconditionFailed') return { kind: 'exists' };
      // What Ceph says of an upload that was aborted.
      const isGone = code === 'InternalError' && (await this.listParts({ key, uploadId })) === undefined;
      if (isGone) return { kind: 'no-such-upload' };
      throw unavailable('CompleteMultipartUpload', error);
    }
  }

  async abortUpload({ key, uploadId }: UploadRef): Promise<'aborted' | 'no-such-upload'> {
    const abort = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId });
    try {
      await this.#client.send(abort, within(DEADLINE_MS));
      return 'aborted';
    } catch (error) {
      if (isNoSuchUpload(error)) return 'no-such-upload';
      throw unavailable('AbortMultipartUpload', error);
    }
  }

  async remove(key: string): Promise<'removed' | 'refused'> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }), within(DEADLINE_MS));
      return 'removed';
    } catch (error) {
      if (isNotFound(error)) return 'removed';
      if (s3Code(error) === 'AccessDenied') return 'refused';
      throw unavailable('DeleteObject', error);
    }
  }

  async *openUploads({ signal }: { signal?: AbortSignal } = {}): AsyncIterable<OpenUpload[]> {
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker !== undefined && signal?.aborted !== true) {
      const list: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: this.#bucket,
        EncodingType: 'url',
        ...marker,
      });
      const page = await this.#client.send(list, within(DEADLINE_MS)).catch((error) => {
        throw unavailable('ListMultipartUploads', error);
      });
      yield (page.Uploads ?? []).map(({ Key, UploadId = '', Initiated = new Date() }) => ({
        key: decodeKey(Key, page.EncodingType),
        uploadId: UploadId,
        initiated: Initiated,
      }));
      const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      if (next.KeyMarker !== undefined) next.KeyMarker = decodeKey(next.KeyMarker, page.EncodingType);
      marker = page.IsTruncated === true ? next : undefined;
    }
  }

  clockAheadMs(): number | undefined {
    return this.#aheadMs;
  }

  async check(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), within(CHECK_DEADLINE_MS));
    } catch (error) {
      throw unavailable('HeadBucket', error);
    }
  }
}

/** Is called for every link that is signed. */
function counted(signer: LinkSigner, metrics: Metrics): LinkSigner {
  return {
    expiresAt: signer.expiresAt,
    put: (key, options) => {
      metrics.linksIssued('put');
      return signer.put(key, options);
    },
    putPart: (upload, partNumber, options) => {
      metrics.linksIssued('part');
      return signer.putPart(upload, partNumber, options);
    },
    get: (key, fileName) => {
      metrics.linksIssued('download');
      return signer.get(key, fileName);
    },
    view: signer.view,
  };
}

const within = (milliseconds: number) => ({ abortSignal: AbortSignal.timeout(milliseconds) });

type ListedObject = {
  Key?: string;
  Size?: number | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  StorageClass?: string | undefined;
};

/** Whole seconds: listings have fractions of them, headers have none, and both have to say the same. */
const wholeSeconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000);

const storedObject = (listed: ListedObject): StoredObject => ({
  key: listed.Key ?? '',
  size: listed.Size ?? 0,
  etag: unquoteETag(listed.ETag ?? ''),
  lastModified: wholeSeconds(listed.LastModified ?? new Date(0)),
  damaged: listed.StorageClass === DAMAGED_CLASS,
});

type ListedPart = NonNullable<ListPartsCommandOutput['Parts']>[number];

const storedPart = ({ PartNumber = 0, Size = 0, ETag = '', LastModified = new Date(0) }: ListedPart): StoredPart => ({
  partNumber: PartNumber,
  size: Size,
  etag: unquoteETag(ETag),
  lastModified: wholeSeconds(LastModified),
});

/**
 * SeaweedFS lists every version of a part that was sent again, in no order; the last one counts. It tells them apart
 * by the second.
 */
function newestOfEach(parts: readonly StoredPart[]): StoredPart[] {
  const newest = new Map<number, StoredPart>();
  for (const part of parts) {
    const other = newest.get(part.partNumber);
    if (other === undefined || part.lastModified >= other.lastModified) newest.set(part.partNumber, part);
  }
  return [...newest.values()];
}

/** Storages that know `encoding-type=url` say so in the response. In S3's encoding a plus is a space. */
function decodeKey(key = '', encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}

/** `tell` is called with storage's time at every response, in milliseconds since 1970. */
function readDates(client: S3Client, tell: (date: number) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      const date = Date.parse(headers.date ?? '');
      if (!Number.isNaN(date)) tell(date);
      return result;
    },
    { step: 'deserialize', name: 'readDates', priority: 'low' },
  );
}
