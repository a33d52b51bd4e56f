/**
 * Runs `work` for each item in order, at most `limit` at once. After the first failure no other item begins: the work
 * in progress is aborted by its signal and waited for, and the failure is thrown.
 * @throws the first error that `work` throws, or the reason of `signal`.
 */
export async function forEachLimited<Item>(
  items: Iterable<Item>,
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });

  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); !next.done && !stop.signal.aborted; next = queue.next()) {
      await work(next.value, stop.signal);
    }
  };
  const failFirst = (error: unknown) => {
    stop.abort(error);
    throw error;
  };
  const workers = Array.from({ length: limit }, () => worker().catch(failFirst));
  try {
    await Promise.allSettled(workers);
    stop.signal.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', forward);
  }
}
