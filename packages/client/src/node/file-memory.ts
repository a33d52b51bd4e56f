import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Memory } from '../core/ports.ts';

/** A journal that grew beyond this is forgotten rather than read into memory. Bytes. */
const LARGEST = 256 * 1024 * 1024;

/** Where programs keep what they may lose (XDG Base Directory Specification): `$XDG_STATE_HOME/darkslide`. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'darkslide');
}

/** One file of lines per scope, in a folder that is made when the first line comes. Only its owner can read it. */
export function createFileMemory(folder: string): Memory {
  const fileOf = (scope: string) =>
    join(folder, `${createHash('sha256').update(scope).digest('hex').slice(0, 32)}.jsonl`);

  return {
    async load(scope) {
      try {
        const bytes = await readFile(fileOf(scope));
        if (bytes.length > LARGEST) return [];
        return bytes.toString('utf8').split('\n').filter(Boolean);
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    },
    async append(scope, lines) {
      // The first line break ends what a run that was killed may have left half-written.
      const text = `\n${lines.join('\n')}\n`;
      const append = () => appendFile(fileOf(scope), text, { mode: 0o600 });
      await append().catch(async (error) => {
        if (!isNotFound(error)) throw error;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await append();
      });
    },
    async replace(scope, lines) {
      const file = fileOf(scope);
      if (lines.length === 0) return rm(file, { force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const fresh = `${file}.${randomUUID()}`;
      await writeFile(fresh, `${lines.join('\n')}\n`, { mode: 0o600 });
      await rename(fresh, file);
    },
  };
}

const isNotFound = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
