import { resolve } from 'node:path';
import type { Environment } from './reader.ts';
import { SETTINGS } from './settings.ts';

/** The folder that holds the embedded database, the embedded store and their secrets. */
export function dataFolder(env: Environment): string {
  return resolve(env[SETTINGS.dataDir.name] || SETTINGS.dataDir.default);
}
