import type { PlannedFile } from '../plan/plan.ts';
import type { OnEvent } from '../run/events.ts';
import type { ProgressTracker } from '../run/progress.ts';
import type { UploadControl } from './control.ts';
import type { Slots } from './permits.ts';
import type { Gate } from './wakeup.ts';

/** Files that are made ready while all slots are taken, so that no slot waits for the API. */
const LOOK_AHEAD = 4;
/** Files that may be under way, those that wait to be tried again included; more only where more slots were asked for. */
const MOST_IN_FLIGHT = 192;

/**
 * Takes files in order, as many at once as keep the slots full: a file begins when there is room, and one that rests
 * (before a retry, or while it is completed) holds up no other.
 */
export class Pipeline {
  readonly #slots: Slots;
  readonly #progress: ProgressTracker;
  readonly #control: UploadControl | undefined;
  readonly #onEvent: OnEvent;
  readonly #gate: Gate;

  constructor({
    slots,
    progress,
    control,
    gate,
    onEvent,
  }: {
    slots: Slots;
    progress: ProgressTracker;
    control?: UploadControl | undefined;
    /** Told of every change that may make room. */
    gate: Gate;
    onEvent: OnEvent;
  }) {
    this.#slots = slots;
    this.#progress = progress;
    this.#control = control;
    this.#gate = gate;
    this.#onEvent = onEvent;
    slots.closed = control?.paused ?? false;
  }

  /**
   * @throws the first error that the work throws, or the signal's reason, after all that began has ended.
   */
  async run(
    files: Iterable<PlannedFile>,
    work: (file: PlannedFile) => Promise<void>,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    const leave = this.#control?.onChange(() => this.#onControl());
    signal.addEventListener('abort', this.#gate.changed, { once: true });
    try {
      for (const file of files) {
        while (!this.#hasRoom(inFlight.size) && !signal.aborted) await this.#gate.wait();
        if (signal.aborted) break;
        const task: Promise<void> = work(file).finally(() => {
          inFlight.delete(task);
          this.#gate.changed();
        });
        task.catch(() => {});
        inFlight.add(task);
      }
      await Promise.all(inFlight);
    } finally {
      await Promise.allSettled(inFlight);
      signal.removeEventListener('abort', this.#gate.changed);
      leave?.();
    }
    signal.throwIfAborted();
  }

  #hasRoom(inFlight: number): boolean {
    if (this.#control?.paused || inFlight >= Math.max(MOST_IN_FLIGHT, this.#slots.limit)) return false;
    return this.#slots.waiting < LOOK_AHEAD && this.#progress.busy < this.#slots.limit + LOOK_AHEAD;
  }

  #onControl(): void {
    const paused = this.#control?.paused ?? false;
    this.#slots.closed = paused;
    this.#onEvent({ type: paused ? 'paused' : 'resumed' });
    this.#gate.changed();
  }
}
