/** The browser's database of this product. @throws where the browser has none, or does not let this page use it. */
export function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open('darkslide', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('lines', { autoIncrement: true }).createIndex('scope', 'scope');
    request.result.createObjectStore('folders');
  };
  return resultOf(request);
}

export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when everything of the transaction is stored. */
export function stored(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
