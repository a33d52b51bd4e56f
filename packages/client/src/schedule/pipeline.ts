import type { UploadControl } from './control.ts';
import type { Permits } from './permits.ts';
import type { Wakeup } from './wakeup.ts';

/** Items that are prepared while all permits are in use, so that no permit waits for the API. */
const LOOK_AHEAD = 4;
/** At most this many items are in progress, including those that wait for a retry, unless there are more permits. */
const MAX_IN_PROGRESS = 192;

/**
 * Starts items in order, as many at once as keep all permits in use. An item that rests (before a retry, or while it is
 * completed) blocks no other.
 */
export class Pipeline<Item> {
  readonly #permits: Permits;
  readonly #busy: () => number;
  readonly #control: UploadControl | undefined;
  readonly #onPause: (paused: boolean) => void;
  readonly #wakeup: Wakeup;

  constructor({
    permits,
    busy,
    control,
    wakeup,
    onPause,
  }: {
    permits: Permits;
    /** By weight, the items that are neither waiting for a retry nor being completed. */
    busy: () => number;
    control?: UploadControl | undefined;
    /** Is woken by every change that may make room. */
    wakeup: Wakeup;
    /** Called when the control pauses or resumes. */
    onPause: (paused: boolean) => void;
  }) {
    this.#permits = permits;
    this.#busy = busy;
    this.#control = control;
    this.#wakeup = wakeup;
    this.#onPause = onPause;
    permits.paused = control?.paused ?? false;
  }

  /**
   * Runs `work` for every item.
   * @throws the first error that `work` throws, or the signal's reason, after all work that began has ended.
   */
  async run(
    items: Iterable<Item>,
    work: (item: Item) => Promise<void>,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    const inProgress = new Set<Promise<void>>();
    const unsubscribe = this.#control?.onChange(() => this.#onControl());
    signal.addEventListener('abort', this.#wakeup.wake, { once: true });
    try {
      for (const item of items) {
        while (!this.#hasRoom(inProgress.size) && !signal.aborted) await this.#wakeup.wait();
        if (signal.aborted) break;
        const task: Promise<void> = work(item).finally(() => {
          inProgress.delete(task);
          this.#wakeup.wake();
        });
        task.catch(() => {});
        inProgress.add(task);
      }
      await Promise.all(inProgress);
    } finally {
      await Promise.allSettled(inProgress);
      signal.removeEventListener('abort', this.#wakeup.wake);
      unsubscribe?.();
    }
    signal.throwIfAborted();
  }

  #hasRoom(inProgress: number): boolean {
    if (this.#control?.paused || inProgress >= Math.max(MAX_IN_PROGRESS, this.#permits.limit)) return false;
    return this.#permits.waiting < LOOK_AHEAD && this.#busy() < this.#permits.limit + LOOK_AHEAD;
  }

  #onControl(): void {
    const paused = this.#control?.paused ?? false;
    this.#permits.paused = paused;
    this.#onPause(paused);
    this.#wakeup.wake();
  }
}
