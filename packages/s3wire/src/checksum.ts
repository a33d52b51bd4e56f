import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createCRC32, createCRC64, type IHasher } from 'hash-wasm';
import { combineDigests } from './crc-combine.ts';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
/** S3's additional checksums, by the names of `x-amz-checksum-algorithm`. */
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];
/** Those that can be combined over parts into the checksum of the whole object. */
export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME';

export type Checksum = {
  update(bytes: Uint8Array): void;
  /** Base64, as headers carry it. Ends the computation. */
  digest(): string;
};

/** The header, or trailer, of a checksum: `x-amz-checksum-crc32c`. */
export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;

/** Digest sizes in bytes. */
const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** Reflected polynomials: Castagnoli, and NVMe's. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = '9a6c9329ac4bc9b5';

export async function createChecksum(algorithm: ChecksumAlgorithm): Promise<Checksum> {
  switch (algorithm) {
    case 'CRC32':
      return crc32Checksum();
    case 'CRC32C':
      return wasmChecksum(await createCRC32(CRC32C_POLYNOMIAL));
    case 'CRC64NVME':
      return wasmChecksum(await createCRC64(CRC64NVME_POLYNOMIAL));
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') };
    }
  }
}

function crc32Checksum(): Checksum {
  let value = 0;
  return {
    update(bytes) {
      value = crc32(bytes, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

function wasmChecksum(hasher: IHasher): Checksum {
  hasher.init();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => Buffer.from(hasher.digest('hex'), 'hex').toString('base64'),
  };
}

/** Base64 of exactly the algorithm's size. */
export function isChecksum(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === CHECKSUM_BYTES[algorithm] && bytes.toString('base64') === value;
}

/** The COMPOSITE checksum of a multipart object: checksum of the parts' checksums, a dash, their count. */
export async function compositeChecksum(algorithm: ChecksumAlgorithm, partDigests: readonly string[]): Promise<string> {
  const checksum = await createChecksum(algorithm);
  for (const digest of partDigests) checksum.update(Buffer.from(digest, 'base64'));
  return `${checksum.digest()}-${partDigests.length}`;
}

/** The FULL_OBJECT checksum of a multipart object, from its parts' checksums and sizes in bytes. */
export function combineCrc(algorithm: CrcAlgorithm, parts: readonly { digest: string; size: number }[]): string {
  return combineDigests(algorithm, parts);
}
