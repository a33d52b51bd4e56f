import type { Memory } from '../base/ports.ts';
import { openDatabase, resultOf, stored } from './database.ts';

type Record = { scope: string; lines: readonly string[] };

/** The journal's lines in IndexedDB. Rejects where the browser does not let this page use it: the journal then says so. */
export function createDatabaseMemory(): Memory {
  let opened: Promise<IDBDatabase> | undefined;
  const lines = async () => {
    opened ??= openDatabase();
    const transaction = (await opened).transaction('lines', 'readwrite');
    return { transaction, store: transaction.objectStore('lines') };
  };
  return {
    async load(scope) {
      const { store } = await lines();
      const records: Record[] = await resultOf(store.index('scope').getAll(scope));
      return records.flatMap((record) => record.lines);
    },
    async append(scope, added) {
      const { store, transaction } = await lines();
      store.add({ scope, lines: [...added] } satisfies Record);
      await stored(transaction);
    },
    async replace(scope, all) {
      const { store, transaction } = await lines();
      for (const key of await resultOf(store.index('scope').getAllKeys(scope))) store.delete(key);
      if (all.length > 0) store.add({ scope, lines: [...all] } satisfies Record);
      await stored(transaction);
    },
  };
}
