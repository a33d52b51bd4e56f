import { createHash, randomUUID } from 'node:crypto';
import { appendFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Memory } from '../base/ports.ts';
import { isNotFound, makeFolder } from './make-folder.ts';

/** A file of lines does not grow beyond this; a larger one is deleted instead of read. */
export const MAX_MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * The folder for state that may be lost (XDG Base Directory Specification): `$XDG_STATE_HOME/darkslide`. Undefined where
 * this user has no home folder.
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.XDG_STATE_HOME?.startsWith('/')) return join(env.XDG_STATE_HOME, 'darkslide');
  try {
    return join(env.HOME || homedir(), '.local', 'state', 'darkslide');
  } catch {
    return undefined;
  }
}

/** One file of lines per scope, in a folder that is created with the first line. Only its owner can read it. */
export function createFileMemory(folder: string): Memory {
  const fileOf = (scope: string) =>
    join(folder, `${createHash('sha256').update(scope).digest('hex').slice(0, 32)}.jsonl`);

  return {
    async load(scope) {
      const file = fileOf(scope);
      const size = await sizeOf(file);
      if (size > MAX_MEMORY_BYTES) await rm(file, { force: true });
      if (size === 0 || size > MAX_MEMORY_BYTES) return [];
      const text = await readFile(file, 'utf8');
      return text.split('\n').filter(Boolean);
    },
    async append(scope, lines) {
      // The first line break ends what a run that was killed may have left half-written.
      const text = `\n${lines.join('\n')}\n`;
      const file = fileOf(scope);
      if ((await sizeOf(file)) + Buffer.byteLength(text) > MAX_MEMORY_BYTES) return;
      const append = () => appendFile(file, text, { mode: 0o600 });
      await append().catch(async (error) => {
        if (!isNotFound(error)) throw error;
        await makeFolder(folder, { mode: 0o700 });
        await append();
      });
    },
    async replace(scope, lines) {
      const file = fileOf(scope);
      if (lines.length === 0) return rm(file, { force: true });
      await makeFolder(folder, { mode: 0o700 });
      const fresh = `${file}.${randomUUID()}`;
      await writeFile(fresh, `${lines.join('\n')}\n`, { mode: 0o600 });
      await rename(fresh, file);
    },
  };
}

/** 0 where the file does not exist. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}
