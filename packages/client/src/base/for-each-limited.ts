/**
 * Runs `work` for each item, at most `limit` at once, in their order. The first failure ends it: the others are told
 * by their signal, waited for, and the failure is thrown.
 */
export async function inParallel<Item>(
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
