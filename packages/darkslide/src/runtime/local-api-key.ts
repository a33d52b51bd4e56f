import { constants, open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { DefaultKey } from '@darkslide/cli';
import { dataFolder } from '../settings/data-folder.ts';
import type { Environment } from '../settings/reader.ts';

/** The file from which the command line on the same machine takes its key, if none was given. */
export function apiKeyFile(dataDir: string): string {
  return join(dataDir, 'api-key');
}

const MAX_KEY_BYTES = 4096;

/** Refuses a link, by which another user could choose one of our files, and does not wait for a pipe. Windows has neither flag. */
const PLAIN_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The key that `serve` made in this folder, so that a first upload on the same machine needs no set-up. It is used only
 * if no other user can have written it: otherwise photos would go to that user's account.
 */
export async function localApiKey(env: Environment): Promise<DefaultKey | undefined> {
  const file = apiKeyFile(dataFolder(env));
  const below = relative('', file);
  const from = `the file ${below.startsWith('..') ? file : `./${below}`}`;
  try {
    const apiKey = await readOwn(file);
    return apiKey ? { apiKey, from } : undefined;
  } catch (error) {
    if (error instanceof ForeignFileError) return { problem: `The key in ${from} is not used: ${error.message}` };
    return undefined;
  }
}

class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

/** @throws {ForeignFileError} Another user can have written the file. */
async function readOwn(file: string): Promise<string> {
  const handle = await open(file, PLAIN_FILE).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' ? new ForeignFileError('it is a link. Replace it with the file itself.') : error;
  });
  try {
    const { uid, mode } = await handle.stat();
    const user = process.getuid?.() ?? uid;
    if (uid !== user) throw new ForeignFileError('it belongs to another user.');
    const others = process.getuid ? mode & 0o022 : 0;
    if (others !== 0) throw new ForeignFileError('other users may write to it. Run `chmod 600` on it.');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_KEY_BYTES), 0, MAX_KEY_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}
