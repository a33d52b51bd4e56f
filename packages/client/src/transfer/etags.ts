import type { Md5 } from '../base/ports.ts';

/** An ETag without quotes and without the mark of a weak one, in lower case. */
export const bareEtag = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '').trim().toLowerCase();

/** What an ETag's shape allows it to be. */
export type EtagShape = { kind: 'md5' } | { kind: 'multipart'; partCount: number } | { kind: 'opaque' };

export function etagShape(etag: string): EtagShape {
  if (/^[0-9a-f]{32}$/.test(etag)) return { kind: 'md5' };
  const composite = /^[0-9a-f]{32}-(\d{1,5})$/.exec(etag);
  return composite ? { kind: 'multipart', partCount: Number(composite[1]) } : { kind: 'opaque' };
}

/** S3's ETag of a multipart object: the MD5 of its parts' MD5s, and their number. */
export async function multipartEtag(partMd5s: readonly string[], md5: Md5): Promise<string> {
  const bytes = new Uint8Array(partMd5s.length * 16);
  partMd5s.forEach((hex, part) => {
    for (let at = 0; at < 16; at += 1) bytes[part * 16 + at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  });
  return `${await md5(bytes)}-${partMd5s.length}`;
}

/** `unknown`: this storage's ETags are not MD5s; only sizes can be compared. */
export type EtagComparison = 'equal' | 'different' | 'unknown';

/**
 * Learns whether a storage's ETags are MD5s. They are not where the storage encrypts with its own keys (SSE-KMS, SSE-C),
 * and some storages invent them.
 */
export class EtagTrust {
  #proven = false;
  #gaveUp = false;

  judge({
    etag,
    expected,
    headers = {},
  }: {
    etag: string;
    expected: string;
    headers?: Readonly<Record<string, string>>;
  }): EtagComparison {
    const bare = bareEtag(etag);
    if (bare === expected) {
      this.#proven = true;
      return 'equal';
    }
    const comparable = etagShape(bare).kind === etagShape(expected).kind && !encryptsWithOwnKey(headers);
    if (comparable && !this.#gaveUp) return 'different';
    return 'unknown';
  }

  /**
   * The conclusion after the same bytes were sent several times and no ETag was their MD5. If the ETag was different
   * every time, and none was ever right, this storage invents them; otherwise the bytes were damaged in transit.
   */
  judgeRepeated(etags: readonly string[]): EtagComparison {
    if (this.#proven || new Set(etags).size < etags.length) return 'different';
    this.#gaveUp = true;
    return 'unknown';
  }
}

function encryptsWithOwnKey(headers: Readonly<Record<string, string>>): boolean {
  return (
    headers['x-amz-server-side-encryption']?.startsWith('aws:kms') === true ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  );
}
