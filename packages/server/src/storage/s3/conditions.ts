import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { IF_ABSENT } from '@darkslide/contract';
import type { Conditions, LinkSigner } from '../object-store.ts';
import { s3Code } from './errors.ts';
import { EMPTY_TYPE, exchange } from './exchange.ts';

/** How long one call may take, in milliseconds. */
const DEADLINE_MS = 10_000;

export type ConditionOptions = {
  client: S3Client;
  bucket: string;
  /** Under which an object stands already. It may be replaced. */
  key: string;
  signer: LinkSigner;
};

/**
 * Whether storage refuses to replace an object where the request says so, by PUT and by complete. Whatever else it
 * responds counts as no: nothing is to rely on it then.
 */
export async function probeConditions(options: ConditionOptions): Promise<Conditions> {
  return { put: await refusesPut(options), complete: await refusesComplete(options).catch(() => false) };
}

async function refusesPut({ key, signer }: ConditionOptions): Promise<boolean> {
  const link = signer.put(key, { ifAbsent: true });
  const body = Buffer.from('another object');
  const { status } = await exchange(link, { method: 'PUT', headers: { ...EMPTY_TYPE, ...IF_ABSENT }, body });
  return status === 412;
}

async function refusesComplete({ client, bucket: Bucket, key: Key, signer }: ConditionOptions): Promise<boolean> {
  const within = () => ({ abortSignal: AbortSignal.timeout(DEADLINE_MS) });
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }), within());
  if (UploadId === undefined) return false;
  const upload = { Bucket, Key, UploadId };
  try {
    const link = signer.putPart({ key: Key, uploadId: UploadId }, 1);
    const { headers } = await exchange(link, { method: 'PUT', headers: EMPTY_TYPE, body: Buffer.from('a part') });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: headers.etag }] };
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' });
    const refusal = await client.send(complete, within()).then(
      () => undefined,
      (error: unknown) => s3Code(error),
    );
    return refusal === 'PreconditionFailed';
  } finally {
    // It may be complete by now. One that is left behind does no harm.
    await client.send(new AbortMultipartUploadCommand(upload), within()).catch(() => {});
  }
}
