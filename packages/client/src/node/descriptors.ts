import { setTimeout as sleep } from 'node:timers/promises';

/** What a process may have open at once is counted in descriptors: files and connections together. */

/** A file fails after this long without a free descriptor. */
const PATIENCE_MS = 5 * 60_000;
const RETRY_EVERY_MS = 50;

export const TOO_MANY_OPEN =
  'Too many files are open. Close other programs, raise the limit with `ulimit -n`, or use a lower --concurrency.';

/** Whether this process, or the system, has no descriptor left. */
export const isOutOfDescriptors = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');

/** Repeats `work` until a descriptor is free: other files and connections release theirs. */
export async function whenDescriptorsAreFree<T>(work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += RETRY_EVERY_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isOutOfDescriptors(error) || waitedMs >= PATIENCE_MS) throw error;
      await sleep(RETRY_EVERY_MS);
    }
  }
}
