import type { SignedLink } from '../api/responses.ts';
import { ProtocolError, RefusedError } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';

/** This last share of a link's life is not used: the clocks of server and storage may differ a little. */
const UNUSED_SHARE = 0.1;

/** Refusals of a batch that may be about one of its keys: a bad name, one that the token does not allow, one that exists. */
const PER_KEY_STATUSES = new Set([400, 403, 409]);

type ReadyLink = { link: SignedLink; validUntil: number };

/**
 * Provides links just in time: requests those needed next in batches, ahead of need, and again when they have expired or
 * were refused. The keys are file names, or part numbers.
 */
export class Links<Key extends string | number> {
  readonly #request: (keys: Key[]) => Promise<ReadonlyMap<Key, SignedLink>>;
  readonly #ahead: () => number;
  readonly #clock: Clock;
  readonly #upcoming: Set<Key>;
  readonly #ready = new Map<Key, ReadyLink>();
  readonly #requested = new Map<Key, Promise<void>>();
  #batchRefused = false;

  /**
   * @param upcoming the keys that will probably be needed, in this order.
   * @param ahead how many to request at once, at this moment.
   */
  constructor({
    request,
    upcoming,
    ahead,
    clock,
  }: {
    request: (keys: Key[]) => Promise<ReadonlyMap<Key, SignedLink>>;
    upcoming: Iterable<Key>;
    ahead: () => number;
    clock: Clock;
  }) {
    this.#request = request;
    this.#ahead = ahead;
    this.#clock = clock;
    this.#upcoming = new Set(upcoming);
  }

  /**
   * A link that should work now.
   * @throws what `request` throws.
   * @throws {ProtocolError} where the server returned no link for the key.
   */
  async take(key: Key): Promise<SignedLink> {
    const ready = this.#ready.get(key);
    if (ready && ready.validUntil > this.#clock.now()) {
      this.#requestAhead();
      return ready.link;
    }
    this.release(key);
    await (this.#requested.get(key) ?? this.#requestBatch([key, ...this.#next(this.#ahead() - 1)]));
    // Missing only when the whole batch was refused, perhaps because of another key.
    if (!this.#ready.has(key)) await this.#requestBatch([key]);
    const now = this.#ready.get(key);
    if (!now) throw new ProtocolError(`The server returned no link for "${key}".`);
    return now.link;
  }

  /** The link did not work: the next `take` requests another. */
  drop(key: Key): void {
    this.#ready.delete(key);
  }

  /** The link is not needed any more. */
  release(key: Key): void {
    this.#ready.delete(key);
    this.#upcoming.delete(key);
  }

  /** Adds links that came without a request. */
  add(links: ReadonlyMap<Key, SignedLink>): void {
    for (const [key, link] of links) {
      this.#upcoming.delete(key);
      this.#ready.set(key, { link, validUntil: this.#clock.now() + lifetimeMs(link.url) * (1 - UNUSED_SHARE) });
    }
  }

  #requestAhead(): void {
    const ahead = this.#ahead();
    if (this.#upcoming.size === 0 || this.#requested.size > 0 || this.#ready.size > ahead / 2) return;
    const keys = this.#next(ahead);
    // The caller that needs one of these gets the error, or requests it again.
    if (keys.length > 0) this.#requestBatch(keys).catch(() => {});
  }

  #next(count: number): Key[] {
    if (this.#batchRefused) return [];
    return this.#upcoming.values().take(Math.max(count, 0)).toArray();
  }

  #requestBatch(keys: Key[]): Promise<void> {
    const unique = [...new Set(keys)];
    for (const key of unique) this.#upcoming.delete(key);
    const response = this.#receive(unique).finally(() => {
      for (const key of unique) this.#requested.delete(key);
    });
    for (const key of unique) this.#requested.set(key, response);
    return response;
  }

  async #receive(keys: Key[]): Promise<void> {
    try {
      this.add(await this.#request(keys));
    } catch (error) {
      // One key that the server refuses must not cost the others their links: from now on each is requested alone.
      if (!(error instanceof RefusedError && PER_KEY_STATUSES.has(error.status) && keys.length > 1)) throw error;
      this.#batchRefused = true;
    }
  }
}

/** The lifetime in a presigned link, in milliseconds; infinite where it contains none. */
function lifetimeMs(url: string): number {
  const seconds = /[?&]X-Amz-Expires=(\d+)/i.exec(url)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}
