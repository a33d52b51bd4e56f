import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Photo, writeShoot } from './photos.ts';
import { run, runOk } from './run.ts';
import { temporaryFolder } from './temporary.ts';

const MiB = 1024 * 1024;

export type FailingDisk = {
  photos: Photo[];
  /** Where it is mounted. */
  path: string;
  remove(): Promise<void>;
};

/**
 * A disk with photos on it, of which it can read only a part: further reads fail with EIO, as those of a card that
 * was pulled out. It is a file system in a file that is cut off after it was mounted. Undefined where this user may not
 * mount one, or the kernel has no loop devices.
 */
export async function mountFailingDisk({
  sizes,
  readable,
}: {
  sizes: readonly number[];
  /** Bytes of the disk that can be read, its own tables included. */
  readable: number;
}): Promise<FailingDisk | undefined> {
  const folder = await temporaryFolder('darkslide-disk');
  const [image, path] = [join(folder.path, 'image'), join(folder.path, 'card')];
  const total = sizes.reduce((sum, size) => sum + size, 32 * MiB);
  const mount = async (...options: string[]) =>
    (await run('mount', ['-o', ['loop', ...options].join(), image, path])).code === 0;
  const unmount = () => runOk('umount', [path]);

  await runOk('mkdir', [path]);
  await runOk('truncate', ['-s', String(total), image]);
  const made = await run('mkfs.ext2', ['-q', image]).then(
    ({ code }) => code === 0,
    () => false,
  );
  if (!made || !(await mount())) {
    await folder.remove();
    return undefined;
  }
  const photos = await writeShoot({ folder: path, seed: 'card', sizes });
  // What the kernel keeps in memory of it goes with the mount.
  await unmount();
  await mount('ro');
  await truncate(image, readable);
  return {
    photos,
    path,
    remove: async () => {
      await unmount();
      await folder.remove();
    },
  };
}
