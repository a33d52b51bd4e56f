import { setTimeout as sleep } from 'node:timers/promises';

/** What a process may have open at once is counted in descriptors: files and connections together. */

/** How long one is waited for before the file is given up, in milliseconds; it is looked for so often. */
const PATIENCE_MS = 5 * 60_000;
const LOOK_EVERY_MS = 50;

export const TOO_MANY_OPEN =
  'Too many files are open. Close other programs, allow more with `ulimit -n`, or ask for less with --concurrency.';

/** Neither this process nor the system has one left. */
export const isOutOfDescriptors = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');

/** Does what needs a descriptor as soon as there is one: others are on their way, and give theirs back. */
export async function whenDescriptorsAreFree<T>(work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isOutOfDescriptors(error) || waitedMs >= PATIENCE_MS) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}
