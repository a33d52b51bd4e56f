import {
  type CheckOptions,
  checkDatabase,
  checkStorage,
  type Finding,
  makeChecks,
  type StorageQuestions,
} from '@darkslide/doctor';
import { externalStorage } from '../runtime/storage.ts';
import type { Configuration, StorageChoice } from '../settings/configuration.ts';
import { openStoreForChecks, type StoreUnderTest } from './embedded.ts';
import { lostFound } from './lost-found.ts';
import { machineChecks } from './machine.ts';
import { storedBytes } from './stored-bytes.ts';

export type Examination = CheckOptions & Pick<StorageQuestions, 'origin'>;

/** Checks machine, database and storage, in this order. Yields each finding as soon as it is known. */
export async function* examine(configuration: Configuration, examination: Examination): AsyncGenerator<Finding> {
  const { storage, database, linkTtlSeconds, multipartIdleDays } = configuration;
  const checks = machineChecks(configuration);
  yield* makeChecks({ area: 'Machine', checks, diagnose: unexpected }, examination);
  yield* checkDatabase(database, examination);
  if (examination.signal.aborted) return;
  const questions = { linkTtlSeconds, multipartIdleDays, ...examination };
  if (storage.kind === 's3') yield* checkStorage(externalStorage(configuration, storage), questions);
  else yield* examineEmbedded(configuration, storage, questions);
}

function unexpected(error: unknown) {
  return { problem: 'This check failed', remedy: reasonOf(error), lasting: false };
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function* examineEmbedded(
  configuration: Configuration,
  storage: Extract<StorageChoice, { kind: 'embedded' }>,
  questions: StorageQuestions & CheckOptions,
): AsyncGenerator<Finding> {
  const about = { area: 'Storage', check: 'store', fixable: false };
  let store: StoreUnderTest;
  try {
    store = await openStoreForChecks(configuration, storage);
  } catch (error) {
    yield { ...about, status: 'wrong', message: reasonOf(error) };
    return;
  }
  try {
    yield { ...about, status: 'ok', message: store.description };
    yield storedBytes(configuration);
    yield lostFound(configuration);
    yield* checkStorage(store.config, questions);
  } finally {
    await store.close();
  }
}
