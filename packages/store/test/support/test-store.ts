import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIndex } from '../../src/catalog/schema.ts';
import { noteSchema, SUMMED_TABLES, sumAnew } from '../../src/catalog/summed.ts';
import { type LogEntry, type RunningStore, type StoreOptions, startStore } from '../../src/index.ts';
import { BUCKET, CREDENTIALS, S3Client } from './s3-client.ts';

/** Leaves room on small disks; tests of a full disk choose their own. */
const RESERVED_BYTES = 1024 * 1024;

/** A store over a temporary folder, with what a test needs around it. */
export type TestStore = AsyncDisposable & {
  store: RunningStore;
  s3: S3Client;
  dataDir: string;
  entries: LogEntry[];
  /** Resolves with the next entry of that type, or one that came already. */
  entry: <T extends LogEntry['type']>(type: T) => Promise<Extract<LogEntry, { type: T }>>;
};

export async function startTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'darkslide-store-'));
  const entries: LogEntry[] = [];
  const waiting = new Set<() => void>();
  const store = await startStore({
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    bucket: BUCKET,
    ...options,
    dataDir,
    limits: { reservedBytes: RESERVED_BYTES, ...options.limits },
    log: (entry) => {
      entries.push(entry);
      for (const wake of waiting) wake();
    },
  });
  return {
    store,
    s3: new S3Client(store.url),
    dataDir,
    entries,
    entry: (type) =>
      new Promise((resolve) => {
        const look = () => {
          const found = entries.find((entry) => entry.type === type);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found as never);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      await store.close({ graceMs: 0 });
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The blobs on disk. */
export function blobFiles(dataDir: string): string[] {
  const root = join(dataDir, 'blobs');
  const folders = readdirSync(root).filter((name) => /^[0-9a-f]{2}$/.test(name));
  return folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
}

/** Resolves once the condition holds, which no event reports. @throws after ten seconds */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it never came about that ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Changes the index of a store that is stopped, as if its last end had left it so. */
export function editIndex(dataDir: string, sql: string): void {
  const db = openIndex(join(dataDir, 'index.sqlite'), { check: false, mayBeNew: false });
  db.exec(`${sql}; ${SUMMED_TABLES.map((table) => sumAnew(table, 'TRUE')).join('; ')}`);
  noteSchema(db);
  db.close();
  rmSync(join(dataDir, 'index.seal'), { force: true });
}
