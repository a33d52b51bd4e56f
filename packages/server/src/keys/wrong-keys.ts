import { addressGroup } from '@darkslide/connections';
import { apiError } from '@darkslide/contract';
import { hashSecret } from '../base/secrets.ts';

/** Different wrong keys that an address may send in a minute. */
const MAX_WRONG = 100;
const WINDOW_MS = 60_000;
/** Addresses, right keys and wrong keys of which this is remembered. Forgetting one gives it a fresh start. */
const MAX_REMEMBERED = 10_000;

type Window = { wrong: number; endsAt: number };

/**
 * Limits guesses. The same wrong key again is not a new guess: it is refused from memory for a minute and does not
 * count, so that a client with an old key does not shut out others at its address. An address that has sent too many
 * wrong keys is refused any other key for the rest of the minute, without a look whether it is right. Keys that were
 * right here before go on working from there.
 */
export class WrongKeys {
  readonly #windows = new Map<string, Window>();
  /** Hashes of keys that were right. */
  readonly #right = new Set<string>();
  /** Until when a key is known to be wrong, by its hash. */
  readonly #wrong = new Map<string, number>();
  readonly #now: () => number;

  constructor({ now = () => performance.now() }: { now?: () => number } = {}) {
    this.#now = now;
  }

  /** Looks a key up by `find`, which throws for a wrong one. @throws {ApiError} rate_limited, and what `find` throws. */
  async guard<Found>({ secret, address }: { secret: string; address: string }, find: () => Promise<Found>) {
    const { hash } = hashSecret(secret);
    if ((this.#wrong.get(hash) ?? 0) > this.#now()) throw apiError('invalid_api_key', {});
    const group = addressGroup(address);
    const window = this.#windows.get(group);
    const left = (window?.endsAt ?? 0) - this.#now();
    if (window !== undefined && left > 0 && window.wrong >= MAX_WRONG && !this.#right.has(hash)) {
      throw apiError('rate_limited', { seconds: Math.ceil(left / 1000), of: 'wrong keys from this address' });
    }
    try {
      const found = await find();
      remember(this.#right, MAX_REMEMBERED);
      this.#right.add(hash);
      return found;
    } catch (error) {
      if ((error as { code?: string }).code === 'invalid_api_key') this.#count(group, hash);
      throw error;
    }
  }

  #count(group: string, hash: string): void {
    const now = this.#now();
    remember(this.#wrong, MAX_REMEMBERED);
    this.#wrong.delete(hash);
    this.#wrong.set(hash, now + WINDOW_MS);
    const window = this.#windows.get(group);
    if (window !== undefined && window.endsAt > now) window.wrong += 1;
    else {
      remember(this.#windows, MAX_REMEMBERED);
      this.#windows.set(group, { wrong: 1, endsAt: now + WINDOW_MS });
    }
  }
}

/** Makes room for one more, by forgetting the oldest. */
function remember(known: { size: number; keys(): Iterator<string>; delete(key: string): boolean }, most: number): void {
  if (known.size < most) return;
  const oldest = known.keys().next();
  if (!oldest.done) known.delete(oldest.value);
}
