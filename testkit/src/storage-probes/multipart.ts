import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { multipartETag, quoteETag, unquoteETag } from '@darkslide/s3wire';
import { outcomeOf, type Probe, type Storage } from './storage.ts';

const MIN_PART = 5 * 1024 * 1024;
/** One more than S3 lists on a page. */
const MANY_PARTS = 1001;

/** An open upload, and what is done with it. */
class Upload {
  readonly #storage: Storage;
  readonly #ref: { Bucket: string; Key: string; UploadId: string };

  private constructor(storage: Storage, ref: { Bucket: string; Key: string; UploadId: string }) {
    this.#storage = storage;
    this.#ref = ref;
  }

  static async start(storage: Storage): Promise<Upload> {
    const object = storage.newObject();
    const { UploadId = '' } = await storage.client.send(new CreateMultipartUploadCommand(object));
    return new Upload(storage, { ...object, UploadId });
  }

  get object(): { Bucket: string; Key: string } {
    const { Bucket, Key } = this.#ref;
    return { Bucket, Key };
  }

  send = (PartNumber: number, Body: string | Buffer) =>
    this.#storage.client.send(new UploadPartCommand({ ...this.#ref, PartNumber, Body }));

  async put(PartNumber: number, Body: string | Buffer): Promise<CompletedPart> {
    const { ETag } = await this.send(PartNumber, Body);
    return { PartNumber, ETag };
  }

  list = () => this.#storage.client.send(new ListPartsCommand(this.#ref));
  abort = () => this.#storage.client.send(new AbortMultipartUploadCommand(this.#ref));
  head = () => this.#storage.client.send(new HeadObjectCommand(this.object));
  complete = (Parts: CompletedPart[], condition: { IfNoneMatch?: string } = {}) =>
    this.#storage.client.send(
      new CompleteMultipartUploadCommand({ ...this.#ref, ...condition, MultipartUpload: { Parts } }),
    );
}

/** Starts an upload with one small part. */
async function smallUpload(storage: Storage): Promise<{ upload: Upload; parts: CompletedPart[] }> {
  const upload = await Upload.start(storage);
  return { upload, parts: [await upload.put(1, 'bytes')] };
}

async function etags(storage: Storage): Promise<{ answered: string; kept: string; expected: string }> {
  const { upload, parts } = await smallUpload(storage);
  const { ETag = '' } = await upload.complete(parts);
  const expected = quoteETag(multipartETag(parts.map((part) => unquoteETag(part.ETag ?? ''))));
  return { answered: ETag, kept: (await upload.head()).ETag ?? '', expected };
}

/** Completes parts 1 and 3. */
async function hole(storage: Storage): Promise<string> {
  const upload = await Upload.start(storage);
  const first = await upload.put(1, Buffer.alloc(MIN_PART));
  const third = await upload.put(3, 'last');
  const answer = await outcomeOf(upload.complete([first, third]));
  return answer === '200' ? `200, ${(await upload.head()).ContentLength} bytes` : answer;
}

async function smallPart(storage: Storage): Promise<string> {
  const upload = await Upload.start(storage);
  const parts = [await upload.put(1, Buffer.alloc(MIN_PART - 1)), await upload.put(2, 'last')];
  return await outcomeOf(upload.complete(parts));
}

async function partSentAgain(storage: Storage): Promise<string> {
  const { upload } = await smallUpload(storage);
  await upload.put(1, 'other');
  const { Parts = [] } = await upload.list();
  return Parts.length === 1 ? 'listed once' : `listed ${Parts.length} times`;
}

async function partsOnAPage(storage: Storage): Promise<string> {
  const upload = await Upload.start(storage);
  const numbers = Array.from({ length: MANY_PARTS }, (_, index) => index + 1);
  for (let first = 0; first < MANY_PARTS; first += 20) {
    await Promise.all(numbers.slice(first, first + 20).map((number) => upload.put(number, 'x')));
  }
  const { Parts = [], IsTruncated } = await upload.list();
  await upload.abort();
  return IsTruncated ? String(Parts.length) : `at least ${Parts.length}`;
}

async function lastMarker(storage: Storage): Promise<string> {
  const { upload } = await smallUpload(storage);
  return (await upload.list()).NextPartNumberMarker === undefined ? 'no' : 'yes';
}

/** What is answered once an upload was completed. */
const afterComplete =
  (ask: (upload: Upload, parts: CompletedPart[]) => Promise<string>) => async (storage: Storage) => {
    const { upload, parts } = await smallUpload(storage);
    await upload.complete(parts);
    return await ask(upload, parts);
  };

const afterAbort = (ask: (upload: Upload, parts: CompletedPart[]) => Promise<string>) => async (storage: Storage) => {
  const { upload, parts } = await smallUpload(storage);
  await upload.abort();
  return await ask(upload, parts);
};

export const multipartProbes: readonly Probe[] = [
  {
    question: 'ETag of a multipart upload',
    ask: async (storage) => {
      const { kept, expected } = await etags(storage);
      return kept === expected ? 'MD5 of the MD5s, `-N`' : 'something else';
    },
  },
  {
    question: 'ETag that complete returns',
    ask: async (storage) => {
      const { answered, kept } = await etags(storage);
      if (unquoteETag(answered) === '') return 'empty';
      return unquoteETag(answered) === unquoteETag(kept) ? 'the same' : 'another';
    },
  },
  { question: 'Complete without part 2 of 3', ask: hole },
  { question: 'Complete with a first part under 5 MiB', ask: smallPart },
  {
    question: 'Complete with `If-None-Match: *` on an existing object',
    ask: async (storage) => {
      const { upload, parts } = await smallUpload(storage);
      await storage.client.send(new PutObjectCommand({ ...upload.object, Body: 'there before' }));
      return await outcomeOf(upload.complete(parts, { IfNoneMatch: '*' }));
    },
  },
  { question: 'Part that is sent again', ask: partSentAgain },
  { question: 'Parts on a page of the list', ask: partsOnAPage },
  { question: 'Last page of parts has a marker', ask: lastMarker },
  { question: 'List parts after complete', ask: afterComplete((upload) => outcomeOf(upload.list())) },
  { question: 'Complete after complete', ask: afterComplete((upload, parts) => outcomeOf(upload.complete(parts))) },
  { question: 'Abort after complete', ask: afterComplete((upload) => outcomeOf(upload.abort())) },
  { question: 'PUT of a part after complete', ask: afterComplete((upload) => outcomeOf(upload.send(1, 'x'))) },
  { question: 'Abort after abort', ask: afterAbort((upload) => outcomeOf(upload.abort())) },
  { question: 'Complete after abort', ask: afterAbort((upload, parts) => outcomeOf(upload.complete(parts))) },
];
