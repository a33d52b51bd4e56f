/**
 * The closed set of errors that this package throws. Each says what happened, to which file or call, and what to do.
 */

/** Something in the options is missing or impossible. Thrown before anything is sent. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Files can't be sent under the names they have. Thrown before anything is sent. */
export class DuplicateNamesError extends Error {
  override readonly name = 'DuplicateNamesError';
  /** Every name that stands for more than one file, and where those are. */
  readonly duplicates: readonly DuplicateName[];

  constructor(duplicates: readonly DuplicateName[]) {
    const [first] = duplicates;
    const more = duplicates.length > 1 ? ` (and ${duplicates.length - 1} more names)` : '';
    super(
      `A project can hold a name only once, but "${first?.name}" is the name of ${first?.paths.length} different files${more}. ` +
        'Send them to different projects, or have them renamed by their folder.',
    );
    this.duplicates = duplicates;
  }
}

export type DuplicateName = { name: string; paths: readonly string[] };

/** The server refused a call, and would refuse it again. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError';
  /** HTTP status. */
  readonly status: number;
  /** The API's code, as in its error catalogue; empty where the server gives none. */
  readonly code: string;
  readonly details: readonly unknown[];
  /** What to quote when asking the server's operators. */
  readonly requestId: string | undefined;

  constructor(
    message: string,
    answer: { status: number; code?: string; details?: readonly unknown[]; requestId?: string | undefined },
  ) {
    super(message);
    this.status = answer.status;
    this.code = answer.code ?? '';
    this.details = answer.details ?? [];
    this.requestId = answer.requestId;
  }
}

/** The API key is missing, unknown or revoked (401). Nothing further can succeed. */
export class AuthenticationError extends RefusedError {
  override readonly name = 'AuthenticationError';
}

/** The server could not be reached, or kept failing, for as long as retrying made sense. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  /** What every attempt was sent under; the server's log has those that reached it. */
  readonly requestId: string | undefined;

  constructor(message: string, options?: { cause?: unknown; requestId?: string }) {
    super(message, options);
    this.requestId = options?.requestId;
  }
}

/** The server's answer is not what the contract says: another kind of server, or a proxy in between. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** How an exchange can fail without an answer. `stale`: a kept-alive connection was closed before it was used again. */
export type TransportFailure = 'unreachable' | 'reset' | 'stale' | 'timeout' | 'certificate' | 'invalid';

/** An HTTP exchange had no whole answer. Thrown by transports; retried by the engine where that can help. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportFailure;

  constructor(kind: TransportFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

export type SourceFailure = 'vanished' | 'unreadable' | 'changed';

/** A local file can't be read as it was planned. Thrown by sources; never retried. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly kind: SourceFailure;

  constructor(kind: SourceFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
