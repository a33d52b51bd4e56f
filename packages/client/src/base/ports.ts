/**
 * What the client needs from the platform it runs on. `node/` implements these; a browser can implement them too. Every implementation and its fake run the same suite (`test/conformance`).
 */

/** Bytes `start` (included) to `end` (excluded) of a file. */
export type ByteRange = { start: number; end: number };

/** What tells whether a file is still the one that was planned. */
export type FileStat = {
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970, with whatever fraction the file system gives. */
  modifiedMs: number;
  /**
   * The same for the last change of content or attributes (ctime), where the platform tells: programs that edit a file
   * can put the time of modification back, but not this one.
   */
  changedMs?: number | undefined;
  /** The file's number, with that of its disk, where the platform has them. Card readers may number anew at any time. */
  inode?: string | undefined;
};

/** Bytes on their way to a transport: read once, hashed while they are read. */
export interface Body {
  /** Bytes that `chunks` gives in total. */
  readonly size: number;
  /**
   * The bytes, in order; call it once. A chunk may be reused: it is valid until the next one is asked for.
   * The last chunk is only given after the file was found to be still the planned one, so that what a storage holds
   * after a complete request is never a mixture of two versions.
   * @throws {SourceError} while iterating, when the file can't be read or is not the planned one any more.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** MD5 of what `chunks` gave, in lower-case hex. Settles only after the last chunk was taken. */
  md5(): Promise<string>;
}

/** One local file. */
export interface Source extends Readonly<FileStat> {
  /** The bare name, as the camera wrote it. */
  readonly name: string;
  /** Where it is, for people and for the journal: absolute in Node, the path below the picked folder in a browser. */
  readonly path: string;
  /** @throws {SourceError} `vanished` or `unreadable`. */
  stat(options?: { signal?: AbortSignal | undefined }): Promise<FileStat>;
  /** Opens nothing yet: the file is opened when the chunks are asked for, and closed when they end or are left. */
  open(range: ByteRange): Body;
  /**
   * MD5 of a range without sending it, in lower-case hex.
   * @throws {SourceError} as `Body.chunks`.
   */
  md5(range: ByteRange, options?: { signal?: AbortSignal | undefined }): Promise<string>;
}

export type TransportRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Text is sent as UTF-8. `Content-Length` is set by the transport. */
  body?: Body | string;
  /** Take a new connection and not one of the pool: what failed may fail again on the same one. */
  fresh?: boolean;
  signal?: AbortSignal;
  /** Called as bytes of the body leave. */
  onSent?: (bytes: number) => void;
  /** Awaited before this many bytes of the body are sent; a transport that can't hold back bytes may ignore it. */
  pace?: Pace;
};

/** Holds bytes back to a rate. `piece` is the most that should be asked for at once. */
export type Pace = { readonly piece: number; take(bytes: number): Promise<void> };

export type TransportResponse = {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  /** The whole body; at most 32 MiB. */
  text: string;
};

/** A response that is read as it comes. `close` it in any case. */
export type Received = {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  /**
   * The body; read it once. A chunk is valid until the next one is asked for.
   * @throws {TransportError} while iterating, where it ends early or nothing comes any more.
   * @throws the signal's reason when it aborts.
   */
  chunks: AsyncIterable<Uint8Array>;
  close(): void;
};

/** One HTTP exchange at a time; as many at once as it is asked for. */
export interface Transport {
  /**
   * Resolves with the response, whatever its status, as soon as it is there: an early refusal ends the sending.
   * @throws {TransportError} when there is no whole response.
   * @throws {SourceError} when the body can't be read.
   * @throws the signal's reason when it aborts.
   */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** GETs a body of any size. @throws as `send` until the response begins */
  receive(request: Pick<TransportRequest, 'url' | 'headers' | 'signal'>): Promise<Received>;
}

/** Where a download puts a file: its name, in the folder itself or in one folder below it. */
export type Place = { folder: string | null; name: string };

/** What was fetched of an object so far, under a name of its own beside the final one. `close` it in any case. */
export interface Draft {
  /** Bytes that are there, from the first. */
  readonly size: number;
  /** Adds bytes. @throws {SinkError} */
  write(chunk: Uint8Array): Promise<void>;
  /** Forgets all bytes. @throws {SinkError} */
  restart(): Promise<void>;
  /** What is there, to be read. @throws {SinkError} */
  source(): Promise<Source>;
  /**
   * Makes it the file of the final name, whole and on the disk, or changes nothing.
   * @param modifiedMs the time of modification to give it; null leaves the present.
   * @throws {SinkError} `taken` where another file came there meanwhile and `overwrite` is false.
   */
  publish(options: { modifiedMs: number | null; overwrite: boolean }): Promise<void>;
  /** Forgets it. */
  remove(): Promise<void>;
  /** Keeps it for a later run. */
  close(): Promise<void>;
}

/** A folder that files are downloaded into. */
export interface Sink {
  /** Why this can't be the name of a file there, as the end of a sentence about it, or undefined when it can. */
  nameProblem(name: string): string | undefined;
  /** Where a place is, for people. */
  pathOf(place: Place): string;
  /** The file that is there; undefined where there is none. @throws {SinkError} `taken` by something else. */
  find(place: Place): Promise<Source | undefined>;
  /**
   * What was fetched of the object with this ETag, by this run or an earlier one. What was fetched of other objects
   * for the same place is removed. @throws {SinkError}
   */
  draft(place: Place, etag: string): Promise<Draft>;
}

export interface Clock {
  /** Milliseconds that never run backwards; only differences mean something. */
  now(): number;
  /** Milliseconds since 1970, as the machine believes: may be wrong by days. */
  wall(): number;
  /** @throws the signal's reason when it aborts first. */
  sleep(ms: number, options?: { signal?: AbortSignal | undefined }): Promise<void>;
}

/** A number from 0 (included) to 1 (excluded), as `Math.random`. */
export type Random = () => number;

/** MD5 of a few bytes at hand, in lower-case hex: what multipart ETags are made of. */
export type Md5 = (bytes: Uint8Array) => Promise<string>;

/**
 * Remembers lines of text between runs, per scope. Nothing in it is needed for correctness: losing it, or a part of
 * it, costs a question to the server or a second reading of a file.
 */
export interface Memory {
  /** Every line of the scope in the order it was added; none when there is no such scope. */
  load(scope: string): Promise<string[]>;
  /** Adds lines (without line breaks in them). */
  append(scope: string, lines: readonly string[]): Promise<void>;
  /** Puts these lines in the place of all. With none the scope is forgotten. */
  replace(scope: string, lines: readonly string[]): Promise<void>;
}

/** Everything the engine asks of its surroundings. */
export type Ports = {
  transport: Transport;
  clock: Clock;
  random: Random;
  md5: Md5;
  memory: Memory;
};
