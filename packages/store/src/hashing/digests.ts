import { createHash } from 'node:crypto';
import type { ChecksumAlgorithm } from '@darkslide/s3wire';

export type DigestName = 'MD5' | ChecksumAlgorithm;

/** By name, in base64. */
export type Digests = Partial<Record<DigestName, string>>;

/** Several digests of the same bytes. */
export type Digester = { update(bytes: Uint8Array): void; finish(): Digests };

export async function createDigester(names: readonly DigestName[]): Promise<Digester> {
  const running = await Promise.all(names.map(async (name) => ({ name, digest: await create(name) })));
  return {
    update(bytes) {
      for (const { digest } of running) digest.update(bytes);
    },
    finish: () => Object.fromEntries(running.map(({ name, digest }) => [name, digest.digest()])),
  };
}

async function create(name: DigestName) {
  if (name !== 'MD5') {
    // Loaded when first asked for: most uploads have no checksum, and each thread would pay for the module.
    const { createChecksum } = await import('@darkslide/s3wire');
    return createChecksum(name);
  }
  const hash = createHash('md5');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('base64') };
}

export const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
