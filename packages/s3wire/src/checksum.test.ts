import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  checksumHeader,
  combineCrc,
  compositeChecksum,
  createChecksum,
  isChecksum,
} from './checksum.ts';

async function checksumOf(algorithm: ChecksumAlgorithm, ...chunks: (Uint8Array | string)[]): Promise<string> {
  const checksum = await createChecksum(algorithm);
  for (const chunk of chunks) checksum.update(Buffer.from(chunk));
  return checksum.digest();
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

describe('createChecksum', () => {
  it('gives the published check values', async () => {
    // Of "123456789": the CRC catalogue's check values, and NIST's algorithms.
    const expected: Record<ChecksumAlgorithm, string> = {
      CRC32: 'cbf43926',
      CRC32C: 'e3069283',
      CRC64NVME: 'ae8b14860a799888',
      SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
      SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
    };
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      assert.equal(await checksumOf(algorithm, '123456789'), base64(expected[algorithm]), algorithm);
    }
    // The trailer of the S3 API Reference's chunked upload.
    assert.equal(await checksumOf('CRC32C', Buffer.alloc(66_560, 'a')), 'sOO8/Q==');
  });

  it('does not mind how the bytes are cut, or what else is being computed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...CHECKSUM_ALGORITHMS),
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }),
        async (algorithm, chunks) => {
          const other = await createChecksum(algorithm);
          const checksum = await createChecksum(algorithm);
          for (const chunk of chunks) {
            checksum.update(chunk);
            other.update(Buffer.from('other'));
          }
          assert.equal(checksum.digest(), await checksumOf(algorithm, Buffer.concat(chunks)));
        },
      ),
    );
  });
});

describe('checksums of a multipart object', () => {
  it('COMPOSITE is the checksum of the checksums, with their count', async () => {
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const parts = [await checksumOf(algorithm, 'one'), await checksumOf(algorithm, 'two')];
      const digests = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
      assert.equal(await compositeChecksum(algorithm, parts), `${await checksumOf(algorithm, digests)}-2`);
    }
  });

  it('FULL_OBJECT is the checksum of all the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('CRC32' as const, 'CRC32C' as const, 'CRC64NVME' as const),
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }),
        async (algorithm, chunks) => {
          const parts = [];
          for (const chunk of chunks) parts.push({ digest: await checksumOf(algorithm, chunk), size: chunk.length });
          assert.equal(combineCrc(algorithm, parts), await checksumOf(algorithm, Buffer.concat(chunks)));
        },
      ),
    );
  });

  it('FULL_OBJECT holds for parts of megabytes', async () => {
    const part = Buffer.alloc(5 * 1024 * 1024, 'ab');
    for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
      const digest = await checksumOf(algorithm, part);
      const parts = [
        { digest, size: part.length },
        { digest, size: part.length },
      ];
      assert.equal(combineCrc(algorithm, parts), await checksumOf(algorithm, part, part));
    }
  });
});

describe('isChecksum', () => {
  it("takes base64 of the algorithm's size alone", () => {
    assert.equal(isChecksum('CRC32', 'y/Q5Jg=='), true);
    for (const wrong of ['', 'y/Q5Jg', 'y/Q5', 'y/Q5JgA=', 'y_Q5Jg==', ' y/Q5Jg==', 'y/Q5Jh==', '????????']) {
      assert.equal(isChecksum('CRC32', wrong), false, wrong);
    }
    assert.equal(isChecksum('CRC64NVME', 'rosUhgp5mIg='), true);
  });
});

describe('checksumHeader', () => {
  it("is the algorithm's x-amz- header", () => assert.equal(checksumHeader('CRC64NVME'), 'x-amz-checksum-crc64nvme'));
});
