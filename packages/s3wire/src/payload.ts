import type { ChunkSigner } from './chunk-signer.ts';
import { S3Error } from './errors.ts';
import { UNSIGNED_PAYLOAD } from './signing.ts';

/** What the signature says of the body, and so how to read it. */
export type Payload =
  /** Nothing is promised. */
  | { kind: 'unsigned' }
  /** The body's SHA-256 must be this, in lower-case hex; the reader compares. */
  | { kind: 'sha256'; hex: string }
  /** Read it through `AwsChunkedDecoder`. Without `signatures` the chunks are unsigned. */
  | AwsChunkedPayload;

export type AwsChunkedPayload = { kind: 'aws-chunked'; signatures?: ChunkSigner; trailer: boolean };

/** Reads `x-amz-content-sha256`. `signer` is asked for only where the chunks are signed. */
export function parsePayload(value: string, signer: () => ChunkSigner): Payload {
  if (value === UNSIGNED_PAYLOAD) return { kind: 'unsigned' };
  if (/^[0-9a-f]{64}$/i.test(value)) return { kind: 'sha256', hex: value.toLowerCase() };
  switch (value) {
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'aws-chunked', trailer: true };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'aws-chunked', signatures: signer(), trailer: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'aws-chunked', signatures: signer(), trailer: true };
    default:
      throw new S3Error('InvalidArgument', {
        message:
          'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
        details: { ArgumentName: 'x-amz-content-sha256' },
      });
  }
}
