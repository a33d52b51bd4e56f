import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Darkslide, temporaryFolder } from '@darkslide/testkit';
import { assertArrived } from './arrived.ts';
import type { Cost } from './cost.ts';
import { measureCommand } from './measure-command.ts';
import type { PhotoSet } from './photo-set.ts';
import { darkslideUpload } from './upload-commands.ts';

/** Measures one upload to the embedded store of a server that was started for it, and checks that all arrived. */
export async function measureUpload({
  side,
  set,
  env = {},
  upload,
}: {
  side: string;
  set: PhotoSet;
  /** The server's settings, besides those of every test. */
  env?: Readonly<Record<string, string>>;
  upload: (server: Darkslide) => Promise<Cost>;
}): Promise<Cost> {
  const server = await Darkslide.start({ env });
  try {
    await set.warm();
    const cost = await upload(server);
    await assertArrived({ s3: server.s3, set, side });
    return cost;
  } finally {
    await server.kill();
    await emptyFiles(server.dataDir);
  }
}

/** The same for our client, with a journal of its own. */
export async function measureDarkslide(set: PhotoSet): Promise<Cost> {
  await using state = await temporaryFolder('darkslide-bench-state');
  return await measureUpload({
    side: 'darkslide',
    set,
    upload: ({ apiUrl, apiKey }) =>
      measureCommand(darkslideUpload({ apiUrl, apiKey, folder: set.folder, project: 'bench', state: state.path })),
  });
}

/**
 * Frees the room that files take, and keeps the files until this process ends. For minutes after thousands were
 * removed, ext4 looks at each inode that was freed whenever a file is made (`recently_deleted` in Linux's
 * fs/ext4/ialloc.c), so that the next upload would pay for the one before: 11 CPU s instead of 7 among 5,000 files.
 */
async function emptyFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await truncate(join(entry.parentPath, entry.name));
  }
}
