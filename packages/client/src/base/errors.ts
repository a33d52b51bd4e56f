/**
 * All errors that this package throws. Each says what happened, to which file or call, and what to do.
 */

/** An option is missing or invalid. Thrown before anything is sent. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Different files have the same name. Thrown before anything is sent. */
export class DuplicateNamesError extends Error {
  override readonly name = 'DuplicateNamesError';
  /** Every name that several files have, and their paths. */
  readonly duplicates: readonly DuplicateName[];

  constructor(duplicates: readonly DuplicateName[]) {
    const [first] = duplicates;
    const more = duplicates.length > 1 ? ` (and ${duplicates.length - 1} more names)` : '';
    super(
      `File names must be unique in a project, but ${first?.paths.length} different files are named "${first?.name}"${more}. ` +
        'Upload them to different projects, or rename them by folder.',
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
  /** Names the call in the server's log. */
  readonly requestId: string | undefined;

  constructor(
    message: string,
    response: { status: number; code?: string; details?: readonly unknown[]; requestId?: string | undefined },
  ) {
    super(message);
    this.status = response.status;
    this.code = response.code ?? '';
    this.details = response.details ?? [];
    this.requestId = response.requestId;
  }
}

/** The API key is missing, unknown or revoked (401). Nothing further can succeed. */
export class AuthenticationError extends RefusedError {
  override readonly name = 'AuthenticationError';
}

/** The server could not be reached, or kept failing, for as long as retrying made sense. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  /** The id of every attempt of the call; the server's log has those that reached it. */
  readonly requestId: string | undefined;

  constructor(message: string, options?: { cause?: unknown; requestId?: string }) {
    super(message, options);
    this.requestId = options?.requestId;
  }
}

/** The response is not what the contract says: it may come from another kind of server, or from a proxy. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** An error whose `kind` decides what is done about it. */
abstract class ErrorOfKind<Kind extends string> extends Error {
  readonly kind: Kind;

  constructor(kind: Kind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** How a request can fail without a response. `stale`: a kept-alive connection was closed before it was used again. */
export type TransportFailure = 'unreachable' | 'reset' | 'stale' | 'timeout' | 'certificate' | 'invalid';

/** An HTTP request got no complete response. Thrown by transports; retried where that can help. */
export class TransportError extends ErrorOfKind<TransportFailure> {
  override readonly name = 'TransportError';
}

export type SourceFailure = 'vanished' | 'unreadable' | 'changed';

/** A local file cannot be read, or is not the planned one any more. Thrown by sources; never retried. */
export class SourceError extends ErrorOfKind<SourceFailure> {
  override readonly name = 'SourceError';
}

export type SinkFailure = 'full' | 'unwritable' | 'taken';

/** A file can't be written into the folder of a download. `full` concerns all files. Thrown by sinks; never retried. */
export class SinkError extends ErrorOfKind<SinkFailure> {
  override readonly name = 'SinkError';
}
