import { randomBytes } from 'node:crypto';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageConfig } from '@darkslide/server';
import { FolderInUseError, FolderLock } from '@darkslide/store';
import { startEmbeddedStore, storeFolder } from '../runtime/embedded-store.ts';
import { storeCredentials } from '../runtime/secrets.ts';
import { embeddedStorage } from '../runtime/storage.ts';
import type { Configuration, StorageChoice, StoreCredentials } from '../settings/configuration.ts';
import { callable } from './machine.ts';

/** The embedded store, checked like any storage. */
export type StoreUnderTest = {
  config: StorageConfig;
  /** Which one it is; a sentence. */
  description: string;
  close(): Promise<void>;
};

type EmbeddedChoice = Extract<StorageChoice, { kind: 'embedded' }>;

/**
 * The store of a running server, else one that is started for the checks: on the same data folder, which it locks as a
 * server does, or in a temporary folder if there is no store yet.
 * @throws {Error} It cannot start. The message is one sentence with the reason.
 */
export async function openStoreForChecks(
  configuration: Configuration,
  storage: EmbeddedChoice,
): Promise<StoreUnderTest> {
  const { dataDir } = configuration;
  const exists = await access(storeFolder(dataDir)).then(
    () => true,
    () => false,
  );
  if (!exists) return await startElsewhere(configuration, storage);
  const lock = takeLock(dataDir);
  const credentials = await storeCredentials(dataDir, storage.credentials);
  if (lock === undefined) return ofServer(configuration, storage, credentials);
  try {
    const started = await start(configuration, { dataDir, port: storage.port, credentials });
    const close = () => started.close().finally(() => lock.release());
    return { ...started, description: 'The embedded store was started for these checks.', close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function ofServer(
  configuration: Configuration,
  { port }: EmbeddedChoice,
  credentials: StoreCredentials,
): StoreUnderTest {
  const endpoint = `http://${callable(configuration.host)}:${port}`;
  return {
    config: embeddedStorage(configuration, { endpoint, credentials }),
    description: 'A server runs the embedded store.',
    close: async () => {},
  };
}

async function startElsewhere(configuration: Configuration, { port }: EmbeddedChoice): Promise<StoreUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkslide-doctor-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  try {
    const credentials = { accessKeyId: 'DOCTOR', secretAccessKey: randomBytes(24).toString('base64url') };
    const started = await start(configuration, { dataDir, port, credentials });
    const description = 'There is no embedded store yet, so the checks use one in a temporary folder.';
    return { ...started, description, close: () => started.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

type StartOptions = { dataDir: string; port: number; credentials: StoreCredentials };

async function start(configuration: Configuration, options: StartOptions) {
  const store = await startEmbeddedStore(configuration, { ...options, scrubDays: 0, log: () => {} });
  const endpoint = `http://${callable(configuration.host)}:${store.port}`;
  const config = embeddedStorage(configuration, { endpoint, credentials: options.credentials });
  return { config, close: () => store.close() };
}

/** undefined: a server holds the folder. */
function takeLock(dataDir: string): FolderLock | undefined {
  try {
    return FolderLock.take(dataDir);
  } catch (error) {
    if (error instanceof FolderInUseError) return undefined;
    throw error;
  }
}
