import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreCredentials } from '../settings/configuration.ts';

/** Writes a secret to a file that only its owner can read. The file appears whole or not at all. */
export async function keepSecret(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, text, { mode: 0o600, flush: true });
  await rename(fresh, file);
}

/** The embedded store's credentials: the given ones, else those that the first run made, from the data folder. */
export async function storeCredentials(dataDir: string, given?: StoreCredentials): Promise<StoreCredentials> {
  if (given) return given;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'store-credentials.json');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (kept) return parseCredentials(kept, file);
  const made = {
    accessKeyId: `DS${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
  await keepSecret(file, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

/** @throws {Error} The file is damaged. The message repeats nothing of its content. */
function parseCredentials(text: string, file: string): StoreCredentials {
  const isSecret = (value: unknown) => typeof value === 'string' && /^[!-~]+$/.test(value);
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text);
    if (isSecret(accessKeyId) && isSecret(secretAccessKey)) return { accessKeyId, secretAccessKey };
  } catch {
    // The reason would repeat the text.
  }
  throw new Error(
    `The file ${file} is damaged: it does not contain the credentials of the embedded store. Restore it from a backup, ` +
      'or remove it so that new ones are made; existing links then stop working.',
  );
}
