import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { fileMd5, type Photo, temporaryFolder, writeShoot } from '@darkslide/testkit';

/** `md5` in lower-case hex. */
type KnownPhoto = Photo & { md5: string };

export type PhotoSet = AsyncDisposable & {
  folder: string;
  photos: readonly KnownPhoto[];
  bytes: number;
  /** Reads every file, so that all who send them find them in the page cache. */
  warm(): Promise<void>;
};

/** A folder of made-up photos under the system's temporary one. @param size of each, in bytes. */
export async function makePhotoSet({ count, size }: { count: number; size: number }): Promise<PhotoSet> {
  const temporary = await temporaryFolder('darkslide-bench-photos');
  const folder = join(temporary.path, 'DCIM');
  try {
    const photos: KnownPhoto[] = [];
    for (const photo of await writeShoot({ folder, seed: 'bench', sizes: Array(count).fill(size) })) {
      photos.push({ ...photo, md5: (await fileMd5(photo.path)).hex });
    }
    return {
      folder,
      photos,
      bytes: count * size,
      async warm() {
        for (const { path } of photos) for await (const _ of createReadStream(path, { highWaterMark: 1 << 20 }));
      },
      [Symbol.asyncDispose]: temporary.remove,
    };
  } catch (error) {
    await temporary.remove();
    throw error;
  }
}
