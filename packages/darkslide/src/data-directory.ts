import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from './configuration.ts';

/** The folder that holds the embedded database, the embedded store and their secrets. */
export function dataDirectory(env: Environment): string {
  return resolve(env.DARKSLIDE_DATA_DIR || '.darkslide');
}

/** The file from which the command line on the same machine takes its key, when none was given. */
export function apiKeyFile(dataDir: string): string {
  return join(dataDir, 'api-key');
}

/** The key that `serve` made in this folder, so that a first upload on the same machine needs no set-up. */
export function localApiKey(env: Environment): Promise<string | undefined> {
  return readFile(apiKeyFile(dataDirectory(env)), 'utf8').catch(() => undefined);
}
