import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../blobs/directory-sync.ts';
import { ownFile } from '../blobs/private.ts';

const READ_BYTES = 1024 * 1024;

const sealPath = (dataDir: string) => join(dataDir, 'index.seal');

/** Notes, at a clean end, what the index holds. */
export async function sealIndex(dataDir: string, indexPath: string): Promise<void> {
  // What is not in the file itself yet would not be covered.
  if (existsSync(`${indexPath}-wal`)) return;
  const path = sealPath(dataDir);
  ownFile(path);
  const file = openSync(path, 'w');
  try {
    writeSync(file, `${digestOf(indexPath)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  await syncDirectory(dataDir);
}

/**
 * Whether the index is as the last clean end left it: `unknown` where there was none. Once this resolves, the seal no
 * longer stands.
 */
export async function breakSeal(dataDir: string, indexPath: string): Promise<'intact' | 'broken' | 'unknown'> {
  const path = sealPath(dataDir);
  if (!existsSync(path)) return 'unknown';
  const state = readFileSync(path, 'utf8').trim() === digestOf(indexPath) ? 'intact' : 'broken';
  // A broken one stays, so that every start stops until the index is made good.
  if (state === 'intact') await removeSeal(dataDir);
  return state;
}

export async function removeSeal(dataDir: string): Promise<void> {
  rmSync(sealPath(dataDir), { force: true });
  await syncDirectory(dataDir);
}

function digestOf(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(READ_BYTES);
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
