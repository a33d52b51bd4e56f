import { randomUUID } from 'node:crypto';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { createPresigner, type Presigner, signRequest } from '@darkslide/s3wire';
import type { S3Access } from '../darkslide.ts';
import { type RawResponse, request } from '../http-client.ts';

/** One question to a storage; the answer is a few words for a table. */
export type Probe = { question: string; ask: (storage: Storage) => Promise<string> };

const LINK_SECONDS = 300;

/** A storage under question, its bucket in use or not. */
export class Storage {
  readonly access: S3Access;
  /** Asks once, so that an answer is the storage's and not that of a second try. */
  readonly client: S3Client;
  readonly presigner: Presigner;

  constructor(access: S3Access) {
    this.access = access;
    const { endpoint, region, bucket, credentials } = access;
    this.client = new S3Client({
      endpoint,
      region,
      credentials: { ...credentials },
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    this.presigner = createPresigner({ credentials, region, endpoint, bucket, pathStyle: true });
  }

  /** A bucket and a key that has no object. */
  newObject(): { Bucket: string; Key: string } {
    return { Bucket: this.access.bucket, Key: `probe/${randomUUID()}` };
  }

  /** A PUT by link: `signed` headers are part of the signature, `sent` are what goes on the wire, and nothing else. */
  async putByLink({ key, signed = {}, sent = signed, body = 'bytes' }: PutByLink): Promise<RawResponse> {
    const url = this.presigner.presign({ method: 'PUT', key, expiresIn: LINK_SECONDS, headers: signed });
    return await request({ url, method: 'PUT', headers: sent, body });
  }

  /** A PUT that is signed in its headers. */
  async put({ key, headers, body, payloadHash }: SignedPut): Promise<RawResponse> {
    const { endpoint, region, bucket, credentials } = this.access;
    const url = `${endpoint}/${bucket}/${key}`;
    const signed = signRequest({ method: 'PUT', url, headers, credentials, region, now: new Date(), payloadHash });
    const { host: _, ...sent } = signed;
    return await request({ url, method: 'PUT', headers: sent, body });
  }

  close(): void {
    this.client.destroy();
  }
}

type Headers = Readonly<Record<string, string>>;
type PutByLink = { key: string; signed?: Headers; sent?: Headers; body?: string };
type SignedPut = { key: string; headers: Headers; body: string; payloadHash: string };

/** Status, and S3's code where there is one. */
export function outcome({ status, text }: RawResponse): string {
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** The same of a call by the SDK. */
export async function outcomeOf(call: Promise<{ $metadata: { httpStatusCode?: number } }>): Promise<string> {
  try {
    return String((await call).$metadata.httpStatusCode);
  } catch (error) {
    if (error instanceof S3ServiceException) return `${error.$metadata.httpStatusCode} ${error.name}`;
    throw error;
  }
}
