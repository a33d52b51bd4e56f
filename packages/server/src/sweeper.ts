import type { FastifyBaseLogger } from 'fastify';
import type { Sweep } from './uploads/sweep.ts';

/** A pass ends after so long, in milliseconds, and the next one goes on. */
const DEADLINE = 10 * 60_000;

type SweeperOptions = { sweep: Pick<Sweep, 'run'>; intervalSeconds: number; log: FastifyBaseLogger };

/** Runs the sweep again and again, each time at a moment of its own, so that several nodes seldom sweep together. */
export class Sweeper {
  readonly #sweep: Pick<Sweep, 'run'>;
  readonly #interval: number;
  readonly #log: FastifyBaseLogger;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor({ sweep, intervalSeconds, log }: SweeperOptions) {
    this.#sweep = sweep;
    this.#interval = intervalSeconds * 1000;
    this.#log = log;
  }

  start(): void {
    const delay = this.#interval * (0.5 + Math.random());
    this.#timer = setTimeout(() => {
      this.#running = this.#run().finally(() => {
        if (!this.#stopped.signal.aborted) this.start();
      });
    }, delay);
    this.#timer.unref();
  }

  /** Resolves when a pass under way has ended. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(DEADLINE)]);
      const result = await this.#sweep.run({ signal });
      if (result.aborted + result.orphans > 0) this.#log.info(result, 'aborted idle multipart uploads');
    } catch (error) {
      this.#log.error({ err: error }, 'the sweep for idle multipart uploads failed; it will run again');
    }
  }
}
