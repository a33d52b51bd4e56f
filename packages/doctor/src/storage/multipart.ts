import { randomBytes } from 'node:crypto';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { S3ObjectStore, UploadRef } from '@darkslide/server/ports';
import { EMPTY_TYPE, exchange, LinkRefusedError, planCompletion } from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import type { Subject } from './subject.ts';
import { within } from './within.ts';

const PART = randomBytes(16);
const NOT_AS_S3 = 'this storage does not do multipart uploads as S3 does; ask its maker';

/** A large file from its start to its end, and one that is given up. */
export function multipartChecks(subject: Subject): Check[] {
  return [
    { name: 'multipart', ask: () => askCompleted(subject) },
    { name: 'abort', ask: () => askAborted(subject) },
  ];
}

async function askCompleted(subject: Subject): Promise<Outcome> {
  const store = await subject.store();
  const upload = await open(subject, store, 'completed.NEF');
  await putPart(store, upload, 1);
  const listed = (await store.listParts(upload)) ?? [];
  const { parts, size } = planCompletion({ name: 'completed.NEF', partCount: 1, size: PART.length }, listed);
  const outcome = await store.completeUpload({ ...upload, parts });
  const object = await store.head(upload.key);
  if (outcome.kind !== 'completed' || object?.size !== size) {
    return { status: 'wrong', message: 'A completed multipart upload left no file', remedy: NOT_AS_S3 };
  }
  return { status: 'ok', message: 'Start, part by link, list and complete work' };
}

async function askAborted(subject: Subject): Promise<Outcome> {
  const store = await subject.store();
  const upload = await open(subject, store, 'aborted.NEF');
  // The first part is missing: the storage must notice when it completes the upload.
  await putPart(store, upload, 2);
  const parts = (await store.listParts(upload)) ?? [];
  if (parts.length !== 1 || parts[0]?.partNumber !== 2) {
    return { status: 'wrong', message: 'The parts of an open upload are not listed as they are', remedy: NOT_AS_S3 };
  }
  const isOpen = await isListed(subject, upload);
  await store.abortUpload(upload);
  if (((await store.listParts(upload)) ?? []).length > 0) {
    return { status: 'wrong', message: 'An aborted upload keeps its parts', remedy: NOT_AS_S3 };
  }
  if (!isOpen) {
    return {
      status: 'warning',
      message: 'An open upload is not listed, so that forgotten ones stay',
      remedy: NOT_AS_S3,
    };
  }
  return { status: 'ok', message: 'A missing part is noticed; open uploads are listed, and abort frees their parts' };
}

async function open({ sandbox }: Subject, store: S3ObjectStore, name: string): Promise<UploadRef> {
  const key = sandbox.key(name);
  return sandbox.opened({ key, uploadId: await store.createUpload(key) });
}

async function putPart(store: S3ObjectStore, upload: UploadRef, partNumber: number): Promise<void> {
  const signer = await store.signer();
  const response = await exchange(signer.putPart(upload, partNumber), {
    method: 'PUT',
    headers: EMPTY_TYPE,
    body: PART,
  });
  if (response.status !== 200) throw new LinkRefusedError(response);
}

async function isListed({ client, bucket, sandbox }: Subject, { uploadId }: UploadRef): Promise<boolean> {
  const list = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: sandbox.prefix });
  const { Uploads = [] } = await client.send(list, within());
  return Uploads.some(({ UploadId }) => UploadId === uploadId);
}
