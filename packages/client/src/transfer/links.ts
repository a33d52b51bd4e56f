import type { LinkTo } from '../api/responses.ts';
import { ProtocolError, RefusedError } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';

/** A link is not used in the last part of its life: the clocks of server and storage may differ a little. */
const MARGIN = 0.1;

/** Refusals of a batch that may be about one of its keys: a bad name, one that this key is not for, one that is taken. */
const MAY_CONCERN_ONE = new Set([400, 403, 409]);

type Held = { link: LinkTo; goodUntil: number };

/**
 * Hands out links just in time: asks for those needed next in batches, ahead of need, and again when they have
 * expired or were refused. The keys are file names, or part numbers.
 */
export class Links<Key extends string | number> {
  readonly #ask: (keys: Key[]) => Promise<ReadonlyMap<Key, LinkTo>>;
  readonly #ahead: () => number;
  readonly #clock: Clock;
  readonly #upcoming: Set<Key>;
  readonly #held = new Map<Key, Held>();
  readonly #asked = new Map<Key, Promise<void>>();
  #batchRefused = false;

  /**
   * @param upcoming the keys that will probably be needed, in that order.
   * @param ahead how many to ask for at once, at this moment.
   */
  constructor({
    ask,
    upcoming,
    ahead,
    clock,
  }: {
    ask: (keys: Key[]) => Promise<ReadonlyMap<Key, LinkTo>>;
    upcoming: Iterable<Key>;
    ahead: () => number;
    clock: Clock;
  }) {
    this.#ask = ask;
    this.#ahead = ahead;
    this.#clock = clock;
    this.#upcoming = new Set(upcoming);
  }

  /**
   * A link that should work now.
   * @throws whatever asking for it throws.
   */
  async take(key: Key): Promise<LinkTo> {
    const held = this.#held.get(key);
    if (held && held.goodUntil > this.#clock.now()) {
      this.#askAhead();
      return held.link;
    }
    this.release(key);
    await (this.#asked.get(key) ?? this.#askFor([key, ...this.#next(this.#ahead() - 1)]));
    // Not there only when a whole batch was refused, for another key's sake perhaps.
    if (!this.#held.has(key)) await this.#askFor([key]);
    const now = this.#held.get(key);
    if (!now) throw new ProtocolError(`The server gave no link for "${key}", which was asked for.`);
    return now.link;
  }

  /** The link did not work: the next `take` asks for another. */
  drop(key: Key): void {
    this.#held.delete(key);
  }

  /** Not needed any more. */
  release(key: Key): void {
    this.#held.delete(key);
    this.#upcoming.delete(key);
  }

  /** Links that came without asking. */
  add(links: ReadonlyMap<Key, LinkTo>): void {
    for (const [key, link] of links) {
      this.#upcoming.delete(key);
      this.#held.set(key, { link, goodUntil: this.#clock.now() + lifetimeMs(link.url) * (1 - MARGIN) });
    }
  }

  #askAhead(): void {
    const ahead = this.#ahead();
    if (this.#upcoming.size === 0 || this.#asked.size > 0 || this.#held.size > ahead / 2) return;
    const keys = this.#next(ahead);
    // Whoever needs one of these will meet the failure, or ask again.
    if (keys.length > 0) this.#askFor(keys).catch(() => {});
  }

  #next(count: number): Key[] {
    if (this.#batchRefused) return [];
    return this.#upcoming.values().take(Math.max(count, 0)).toArray();
  }

  #askFor(keys: Key[]): Promise<void> {
    const unique = [...new Set(keys)];
    for (const key of unique) this.#upcoming.delete(key);
    const answer = this.#receive(unique).finally(() => {
      for (const key of unique) this.#asked.delete(key);
    });
    for (const key of unique) this.#asked.set(key, answer);
    return answer;
  }

  async #receive(keys: Key[]): Promise<void> {
    try {
      this.add(await this.#ask(keys));
    } catch (error) {
      // One key that the server does not like must not cost the others theirs: from here on each asks for itself.
      if (!(error instanceof RefusedError && MAY_CONCERN_ONE.has(error.status) && keys.length > 1)) throw error;
      this.#batchRefused = true;
    }
  }
}

/** How long a presigned link lives, in milliseconds, by what stands in it; forever where nothing does. */
function lifetimeMs(url: string): number {
  const seconds = /[?&]X-Amz-Expires=(\d+)/i.exec(url)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}
