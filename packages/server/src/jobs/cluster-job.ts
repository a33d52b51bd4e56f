import type { FastifyBaseLogger } from 'fastify';
import type { LeaseTable } from './lease-table.ts';

/** How long things take, in milliseconds. */
export type JobTimes = {
  /** Between two passes in the cluster. */
  everyMs: number;
  /** A node has the job for this long, and renews that while it works. When it dies, another takes over after this. */
  leaseMs: number;
  /** A pass ends after this long, and the next one continues. */
  deadlineMs: number;
};

export const DEFAULT_TIMES: Omit<JobTimes, 'everyMs'> = { leaseMs: 30_000, deadlineMs: 60 * 60_000 };

type Options = {
  name: string;
  /** This node, as no other is called. */
  holder: string;
  leases: Pick<LeaseTable, 'take' | 'giveBack'>;
  /** One pass. Ends early, without error, when `signal` aborts. Returns what it did, in numbers. */
  run: (options: { signal: AbortSignal }) => Promise<Record<string, number>>;
  /** Asked before the lease is: where there is nothing to do, nothing is written. */
  hasWork?: () => Promise<boolean>;
  times: JobTimes;
  log: FastifyBaseLogger;
};

/**
 * Work that is done again and again, once in the cluster and not once a node: the node with the lease does it, and
 * after a pass no node can take the lease until the next one is due.
 *
 * A lease saves work, it guards nothing: a node that the system suspends may go on for a moment after its lease has run
 * out. So whatever a job does must be right, if wasteful, when two nodes do it at once.
 */
export class ClusterJob {
  readonly #options: Options;
  readonly #log: FastifyBaseLogger;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.#options = options;
    this.#log = options.log.child({ job: options.name });
  }

  /** Looks from now on whether it is this node's turn, each time at a moment of its own. */
  start(): void {
    const { everyMs, leaseMs } = this.#options.times;
    const delayMs = Math.min(everyMs, leaseMs) * (0.5 + Math.random());
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        if (!this.#stopped.signal.aborted) this.start();
      });
    }, delayMs);
    this.#timer.unref();
  }

  /** Ends a pass in progress and gives the lease back, so that another node can continue at once. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { name, holder, leases, times, hasWork } = this.#options;
    let rest = 0;
    try {
      if (hasWork && !(await hasWork())) return;
      const asked = performance.now();
      if (!(await leases.take({ name, holder, ms: times.leaseMs }))) return;
      try {
        if (await this.#pass(asked)) rest = times.everyMs;
      } finally {
        await leases.giveBack({ name, holder, rest });
      }
    } catch (error) {
      this.#log.error({ err: error }, 'background work failed; it will be tried again');
    }
  }

  /** Works until it is done, or must stop: the server does, the deadline passes, or the lease is lost. */
  async #pass(leasedAt: number): Promise<boolean> {
    const { run, times } = this.#options;
    const lost = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, lost.signal, AbortSignal.timeout(times.deadlineMs)]);
    const began = performance.now();
    this.#log.debug('background work begins');
    const stopRenewing = this.#renew(leasedAt, lost);
    try {
      const result = await run({ signal });
      const did = Object.values(result).some((count) => count > 0);
      this.#log[did ? 'info' : 'debug'](
        { ...result, ms: Math.round(performance.now() - began) },
        'background work ended',
      );
      return !lost.signal.aborted && !this.#stopped.signal.aborted;
    } finally {
      stopRenewing();
    }
  }

  /** Renews the lease three times in its life, and aborts `lost` when it is another's or has run out. */
  #renew(leasedAt: number, lost: AbortController): () => void {
    const { name, holder, leases, times } = this.#options;
    const runOut = (asked: number) => {
      const left = times.leaseMs - (performance.now() - asked);
      return setTimeout(() => lost.abort(), Math.max(left, 0));
    };
    let end = runOut(leasedAt);
    const renew = async () => {
      // Counted from before the question: the lease began at some moment after it.
      const asked = performance.now();
      const isOurs = await leases.take({ name, holder, ms: times.leaseMs });
      clearTimeout(end);
      if (!isOurs) return lost.abort();
      end = runOut(asked);
    };
    const timer = setInterval(() => {
      renew().catch((error) => this.#log.warn({ err: error }, 'the lease could not be renewed'));
    }, times.leaseMs / 3);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }
}
