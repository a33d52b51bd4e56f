import type { KeyObject } from 'node:crypto';
import { ALGORITHM, hmacHex, type Scope, scopeText, sha256Hex } from './signing.ts';

/** Signs the chunks of one aws-chunked body; each signature depends on the one before. */
export type ChunkSigner = {
  /** The signature of the next chunk, from the SHA-256 (hex) of its data. */
  next(dataSha256: string): string;
  /** The signature of the trailers, after the last chunk; `trailer` is their canonical text. */
  trailer(trailer: string): string;
};

const EMPTY_SHA256 = sha256Hex('');

/** `seed` is the signature of the request itself. Source: S3 API Reference, "Transferring payload in multiple chunks". */
export function createChunkSigner(options: {
  key: KeyObject;
  timestamp: string;
  scope: Scope;
  seed: string;
}): ChunkSigner {
  const { key, timestamp } = options;
  const scope = scopeText(options.scope);
  let previous = options.seed;
  return {
    next(dataSha256) {
      previous = hmacHex(
        key,
        `${ALGORITHM}-PAYLOAD\n${timestamp}\n${scope}\n${previous}\n${EMPTY_SHA256}\n${dataSha256}`,
      );
      return previous;
    },
    trailer(trailer) {
      return hmacHex(key, `${ALGORITHM}-TRAILER\n${timestamp}\n${scope}\n${previous}\n${sha256Hex(trailer)}`);
    },
  };
}
