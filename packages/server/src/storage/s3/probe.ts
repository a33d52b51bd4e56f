import { createHash, randomBytes } from 'node:crypto';
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unquoteETag } from '@darkslide/s3wire';
import type { Conditions } from '../object-store.ts';
import { probeConditions } from './conditions.ts';
import type { StorageConfig } from './config.ts';
import { LinkRefusedError } from './diagnose.ts';
import { exchange } from './exchange.ts';
import type { SignedHeaders, SignerFactory } from './signer.ts';

/** What differs between storages and can only be found by asking. */
export type StorageHabits = { putHeaders: SignedHeaders; etagIsMd5: boolean; conditions: Conditions };

/** How long removing a test upload may take, in milliseconds. */
const DEADLINE_MS = 10_000;

const SIGN_TYPE: SignedHeaders = { 'content-type': '' };
const SIGN_HOST_ONLY: SignedHeaders = {};

type ProbeOptions = {
  client: S3Client;
  bucket: string;
  signers: SignerFactory;
  signContentType: StorageConfig['signContentType'];
};

/**
 * Uploads a few bytes by link, as clients do, and looks at what comes back. `auto`: the first link signs an empty
 * content type, and the PUT sends no such header. Storages that take that as the same accept it; for the others
 * links sign the host alone.
 * @throws {LinkRefusedError} where storage takes no upload at all, and what a broken connection throws.
 */
export async function probeStorage({ client, bucket, signers, signContentType }: ProbeOptions): Promise<StorageHabits> {
  const key = `.darkslide/probe-${randomBytes(8).toString('hex')}`;
  const bytes = randomBytes(16);
  const put = async (putHeaders: SignedHeaders, sent: Record<string, string>) => {
    const link = (await signers.signer(putHeaders)).put(key);
    return await exchange(link, { method: 'PUT', headers: sent, body: bytes });
  };
  try {
    let putHeaders = signContentType === 'never' ? SIGN_HOST_ONLY : SIGN_TYPE;
    let response = await put(putHeaders, signContentType === 'always' ? { 'content-type': '' } : {});
    if (response.status === 403 && signContentType === 'auto') {
      putHeaders = SIGN_HOST_ONLY;
      response = await put(putHeaders, {});
    }
    if (response.status !== 200) throw new LinkRefusedError(response);
    const md5 = createHash('md5').update(bytes).digest('hex');
    const conditions = await probeConditions({ client, bucket, key, signer: await signers.signer(putHeaders) });
    return { putHeaders, etagIsMd5: unquoteETag(response.headers.etag ?? '') === md5, conditions };
  } finally {
    const remove = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    // A probe left behind does no harm, and a server that may not delete can still upload.
    await client.send(remove, { abortSignal: AbortSignal.timeout(DEADLINE_MS) }).catch(() => {});
  }
}
