import { TransportError } from '../base/errors.ts';
import type { RetryDecision } from '../base/retry.ts';
import { MismatchError, StorageRefusal } from './transfer-errors.ts';

/** How often the same bytes are sent before a wrong ETag is believed. */
const MAX_SENDS_PER_MISMATCH = 3;
/** How often in a row a link may be refused; each time a new one is requested. */
const MAX_LINKS_REFUSED = 3;
/** After this many lost connections a new link is requested. */
const RESETS_PER_LINK = 2;

/** Decides whether a failed PUT is repeated. One object for all attempts of one range. */
export class RetryDecisions {
  readonly #dropLink: () => void;
  readonly #onCongestion: () => void;
  /** ETags of attempts whose bytes did not match. */
  readonly etags: string[] = [];
  #linksRefused = 0;
  #staleConnections = 0;
  #resets = 0;

  /**
   * @param dropLink the next attempt needs a new link.
   * @param onCongestion storage asked for fewer requests, or a connection was lost.
   */
  constructor({ dropLink, onCongestion }: { dropLink: () => void; onCongestion: () => void }) {
    this.#dropLink = dropLink;
    this.#onCongestion = onCongestion;
  }

  decide(error: unknown): RetryDecision {
    if (error instanceof StorageRefusal) return this.#onRefusal(error);
    if (error instanceof TransportError) return this.#onTransport(error);
    if (error instanceof MismatchError) {
      this.etags.push(error.receipt.etag);
      return this.etags.length < MAX_SENDS_PER_MISMATCH ? { retry: true } : { retry: false };
    }
    return { retry: false };
  }

  #onRefusal({ response }: StorageRefusal): RetryDecision {
    switch (response.kind) {
      case 'later':
        this.#linksRefused = 0;
        if (response.congested) this.#onCongestion();
        return { retry: true, afterMs: response.afterMs };
      case 'damaged':
        return { retry: true };
      case 'link-refused':
        this.#dropLink();
        this.#linksRefused += 1;
        return this.#linksRefused < MAX_LINKS_REFUSED ? { retry: true, afterMs: 0 } : { retry: false };
      case 'upload-gone':
      case 'exists':
      case 'refused':
        return { retry: false };
    }
  }

  #onTransport({ kind }: TransportError): RetryDecision {
    switch (kind) {
      case 'stale':
        this.#staleConnections += 1;
        return this.#staleConnections === 1 ? { retry: true, afterMs: 0 } : { retry: true };
      case 'reset':
      case 'timeout':
        this.#onCongestion();
        this.#resets += 1;
        // A storage that refuses a link early and closes the connection looks the same.
        if (this.#resets % RESETS_PER_LINK === 0) this.#dropLink();
        return { retry: true };
      case 'unreachable':
        return { retry: true };
      case 'certificate':
      case 'invalid':
        return { retry: false };
    }
  }
}
