import { join } from 'node:path';
import { diagnoseListening, UnusableError } from '@darkslide/server';
import { type LogEntry, type RunningStore, startStore } from '@darkslide/store';
import type { Configuration, StoreCredentials } from '../settings/configuration.ts';
import { EMBEDDED_BUCKET } from './storage.ts';

/** The folder of the embedded store inside a data folder. */
export function storeFolder(dataDir: string): string {
  return join(dataDir, 'store');
}

export type EmbeddedOptions = {
  dataDir: string;
  port: number;
  credentials: StoreCredentials;
  /** Days in which all bytes are checked once. 0: never. */
  scrubDays: number;
  log: (entry: LogEntry) => void;
};

/**
 * Starts the embedded store in a thread of its own.
 * @throws {UnusableError} It cannot listen.
 * @throws {Error} It cannot start. The message is one sentence with the reason.
 */
export async function startEmbeddedStore(
  { host, region, lostFoundDays, trustedProxies }: Configuration,
  { dataDir, port, credentials, scrubDays, log }: EmbeddedOptions,
): Promise<RunningStore> {
  try {
    return await startStore({
      dataDir: storeFolder(dataDir),
      host,
      port,
      region,
      bucket: EMBEDDED_BUCKET,
      credentials,
      trustedProxies,
      scrubDays,
      compileCache: process.env.NODE_COMPILE_CACHE,
      lostFoundDays,
      log,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new UnusableError(diagnoseListening(error, { part: 'store', host, port }));
    throw new Error(`The embedded store cannot start: ${message}.`, { cause: error });
  }
}
