/** Who wants in. Without it, visitors are not told apart. */
export type Visitor = {
  /** What the request is for: of one link, a client sends once at a time. */
  link?: string;
  /** Where it comes from; undefined where many clients share that. */
  client?: string | undefined;
  /** Bytes a second that it brought so far; undefined as long as that says nothing. */
  rate?: () => number | undefined;
  /** Ends what it does inside. */
  evict?: () => void;
};

export type GateLimits = {
  places: number;
  maxWaiting: number;
  maxWaitMs: number;
  /** Places of one link, and of one client; without a figure, all. */
  placesPerLink?: number | undefined;
  placesPerClient?: number | undefined;
  /** A visitor slower than this gives its place to one that has waited for `patienceMs`; bytes a second. */
  slowBytesPerSecond?: number | undefined;
  patienceMs?: number | undefined;
  /** What is thrown where the line is full, or the wait too long. */
  refusal: () => Error;
};

type Waiting = { visitor: Visitor; admit: () => void };

/**
 * Lets a limited number in at a time, and of each link and client fewer; the others wait in line, and the line is
 * limited too. Where it is full and a visitor waits, the slowest inside has to go, if it is slow.
 */
export class Limiter {
  readonly #limits: GateLimits;
  readonly #inside = new Set<Visitor>();
  readonly #line = new Set<Waiting>();
  readonly #counts = new Map<string, number>();
  #patience: NodeJS.Timeout | undefined;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** How many are in, or in line. */
  get size(): number {
    return this.#inside.size + this.#line.size;
  }

  /**
   * Returns the function that gives the place back.
   * @throws the refusal where the line is full or the wait too long, and the signal's reason
   */
  async enter(signal: AbortSignal, visitor: Visitor = {}): Promise<() => void> {
    signal.throwIfAborted();
    // One object for each entry, also where one visitor enters twice.
    const own = { ...visitor };
    if (this.#hasPlace(own)) this.#take(own);
    else await this.#wait(signal, own);
    return () => {
      if (this.#inside.delete(own)) this.#leave(own);
    };
  }

  #hasPlace(visitor: Visitor): boolean {
    return this.#inside.size < this.#limits.places && this.#hasShare(visitor);
  }

  /** Whether its link and its client have a place left, were one free. */
  #hasShare({ link, client }: Visitor): boolean {
    const { placesPerLink = Number.POSITIVE_INFINITY, placesPerClient = Number.POSITIVE_INFINITY } = this.#limits;
    return this.#count(`link ${link}`) < placesPerLink && this.#count(`client ${client}`) < placesPerClient;
  }

  #count(who: string): number {
    return this.#counts.get(who) ?? 0;
  }

  #take(visitor: Visitor): void {
    this.#inside.add(visitor);
    this.#change(visitor, 1);
  }

  #change({ link, client }: Visitor, by: number): void {
    for (const who of [link && `link ${link}`, client && `client ${client}`]) {
      if (who === undefined || who === '') continue;
      const count = this.#count(who) + by;
      if (count === 0) this.#counts.delete(who);
      else this.#counts.set(who, count);
    }
  }

  #wait(signal: AbortSignal, visitor: Visitor): Promise<void> {
    this.#makeRoomInLine(visitor);
    return new Promise((resolve, reject) => {
      const leaveLine = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#line.delete(waiting);
      };
      const waiting: Waiting = {
        visitor,
        admit: () => {
          leaveLine();
          this.#take(visitor);
          resolve();
        },
      };
      const giveUp = () => {
        leaveLine();
        reject(signal.aborted ? signal.reason : this.#limits.refusal());
      };
      const timer = setTimeout(giveUp, this.#limits.maxWaitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#line.add(waiting);
      this.#watch();
    });
  }

  /** The line is for all links and clients: none may have more than an eighth of it. */
  #makeRoomInLine({ link, client }: Visitor): void {
    const { maxWaiting, placesPerLink, placesPerClient } = this.#limits;
    if (this.#line.size >= maxWaiting) throw this.#limits.refusal();
    if (this.#line.size < maxWaiting / 2) return;
    const others = [...this.#line].map(({ visitor }) => visitor);
    const share = maxWaiting / 8;
    const ofLink = placesPerLink === undefined || link === undefined ? [] : others.filter((one) => one.link === link);
    const ofClient =
      placesPerClient === undefined || client === undefined ? [] : others.filter((one) => one.client === client);
    if (ofLink.length >= share || ofClient.length >= share) throw this.#limits.refusal();
  }

  #leave(visitor: Visitor): void {
    this.#change(visitor, -1);
    for (const waiting of this.#line) {
      if (!this.#hasPlace(waiting.visitor)) continue;
      waiting.admit();
      if (this.#inside.size >= this.#limits.places) return;
    }
  }

  /** As long as a visitor waits whom only the number of places keeps out, the slowest one makes place. */
  #watch(): void {
    const { patienceMs, slowBytesPerSecond } = this.#limits;
    if (this.#patience !== undefined || patienceMs === undefined || slowBytesPerSecond === undefined) return;
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      if ([...this.#line].some(({ visitor }) => this.#hasShare(visitor))) this.#evictSlowest(slowBytesPerSecond);
      if (this.#line.size > 0) this.#watch();
    }, patienceMs);
    this.#patience.unref();
  }

  #evictSlowest(slowBytesPerSecond: number): void {
    let slowest: { visitor: Visitor; rate: number } | undefined;
    for (const visitor of this.#inside) {
      const rate = visitor.rate?.() ?? Number.POSITIVE_INFINITY;
      if (rate < (slowest?.rate ?? slowBytesPerSecond)) slowest = { visitor, rate };
    }
    slowest?.visitor.evict?.();
  }
}
