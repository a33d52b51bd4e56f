import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unquoteETag } from '@darkslide/s3wire';
import type { StorageConfig } from './config.ts';
import { LinkRefusedError } from './diagnose.ts';
import type { SignedHeaders, SignerFactory } from './signer.ts';

/** What differs between storages and can only be found by asking. */
export type StorageHabits = { putHeaders: SignedHeaders; etagIsMd5: boolean };

/** How long one test upload may take, in milliseconds. */
const DEADLINE = 10_000;

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
    return await putBytes(link, bytes, sent);
  };
  try {
    let putHeaders = signContentType === 'never' ? SIGN_HOST_ONLY : SIGN_TYPE;
    let answer = await put(putHeaders, signContentType === 'always' ? { 'content-type': '' } : {});
    if (answer.status === 403 && signContentType === 'auto') {
      putHeaders = SIGN_HOST_ONLY;
      answer = await put(putHeaders, {});
    }
    if (answer.status !== 200) throw new LinkRefusedError(answer);
    const md5 = createHash('md5').update(bytes).digest('hex');
    return { putHeaders, etagIsMd5: unquoteETag(answer.etag) === md5 };
  } finally {
    const remove = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    // A probe left behind does no harm, and a server that may not delete can still upload.
    await client.send(remove, { abortSignal: AbortSignal.timeout(DEADLINE) }).catch(() => {});
  }
}

/** A PUT with exactly these headers: `node:http` adds no content type of its own. */
async function putBytes(link: string, bytes: Buffer, headers: Record<string, string>) {
  const request = link.startsWith('https:') ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE);
    request(link, { method: 'PUT', headers: { ...headers, 'content-length': bytes.length }, signal })
      .on('response', resolve)
      .on('error', reject)
      .end(bytes);
  });
  const body = await readStart(response);
  const { date, etag = '' } = response.headers;
  return {
    status: response.statusCode ?? 0,
    etag,
    code: /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1] ?? '',
    skewSeconds: date === undefined ? 0 : (Date.now() - Date.parse(date)) / 1000,
  };
}

/** Enough of an error body to find its code in. */
async function readStart(response: IncomingMessage, most = 16_384): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > most) break;
  }
  return text;
}
