import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type PhotoContent = {
  /** The same seed and size give the same bytes, on every machine. */
  seed: number | string;
  /** In bytes; from 0 up. */
  size: number;
};

export type Photo = { path: string; name: string; size: number };

const CHUNK = 1024 * 1024;
const zeros = Buffer.alloc(CHUNK);

const HEADERS = {
  /** The first bytes of a little-endian TIFF, on which NEF, CR2, ARW and DNG are built. */
  raw: Buffer.from('49492a0008000000', 'hex'),
  /** SOI and an APP0 "JFIF" segment. */
  jpeg: Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
} as const;

/**
 * The bytes of a made-up photo: its format's first bytes, then noise that does not compress and repeats nowhere,
 * so that swapped or doubled parts show. Made at about the speed of AES, held one chunk at a time.
 */
export function* photoChunks({ seed, size }: PhotoContent, format: keyof typeof HEADERS = 'raw'): Generator<Buffer> {
  const key = createHash('md5').update(String(seed)).digest();
  const noise = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  for (let at = 0; at < size; at += CHUNK) {
    const chunk = noise.update(zeros.subarray(0, Math.min(CHUNK, size - at)));
    if (at === 0) HEADERS[format].copy(chunk);
    yield chunk;
  }
}

/** The same as one buffer, for small ones. */
export function photoBytes(content: PhotoContent): Buffer {
  return Buffer.concat([...photoChunks(content)]);
}

export async function writePhoto(path: string, content: PhotoContent): Promise<void> {
  const format = /\.jpe?g$/i.test(path) ? 'jpeg' : 'raw';
  await pipeline(Readable.from(photoChunks(content, format)), createWriteStream(path));
}

export type Shoot = {
  folder: string;
  seed: number | string;
  /** Sizes in bytes, one a photo. */
  sizes: readonly number[];
  /** Of the names: `DSC_0001.NEF`, `DSC_0002.NEF`, … by default. */
  prefix?: string;
  extension?: string;
};

/** Writes a folder of photos as a camera numbers them. An HDR bracket set is just that many frames in a row. */
export async function writeShoot(shoot: Shoot): Promise<Photo[]> {
  const { folder, seed, sizes, prefix = 'DSC_', extension = '.NEF' } = shoot;
  await mkdir(folder, { recursive: true });
  const photos: Photo[] = [];
  for (const [index, size] of sizes.entries()) {
    const name = `${prefix}${String(index + 1).padStart(4, '0')}${extension}`;
    const path = join(folder, name);
    await writePhoto(path, { seed: `${seed}/${name}`, size });
    photos.push({ path, name, size });
  }
  return photos;
}

export type Md5 = { hex: string; base64: string };

export async function fileMd5(path: string): Promise<Md5> {
  const hash = createHash('md5');
  await pipeline(createReadStream(path, { highWaterMark: CHUNK }), hash);
  return both(hash.digest());
}

export function bytesMd5(bytes: Uint8Array | string): Md5 {
  return both(createHash('md5').update(bytes).digest());
}

function both(digest: Buffer): Md5 {
  return { hex: digest.toString('hex'), base64: digest.toString('base64') };
}
