import type { ProjectApi } from '../api/project-api.ts';
import type { StoredFile } from '../api/responses.ts';
import { ProtocolError, TransportError } from '../base/errors.ts';
import type { Ports } from '../base/ports.ts';
import { backoffMs, type RetryPolicy } from '../base/retry.ts';
import type { Plan, PlannedFile } from '../plan/plan.ts';
import { compareWithStored } from '../transfer/compare.ts';

/** Attempts that bring no further byte of a file; then it can't be read. */
const MOST_FAILURES = 5;
const WAITS: Pick<RetryPolicy, 'baseMs' | 'capMs'> = { baseMs: 400, capMs: 10_000 };

/** What came of reading one file back. `unread`: storage did not give all of its bytes. */
export type ReadBackOutcome =
  | { verdict: 'same' | 'different' | 'missing' | 'damaged' }
  | { verdict: 'unread'; message: string };

export type ReadBackProgress = {
  files: { total: number; done: number };
  bytes: { total: number; done: number };
};

type Options = {
  api: ProjectApi;
  ports: Ports;
  plan: Plan;
  onProgress?: ((progress: ReadBackProgress) => void) | undefined;
};

type Downloadable = StoredFile & { downloadLink: string };

/** How far one file is. `etag` is that of the object whose bytes were compared so far. */
type Position = { at: number; etag: string | null };

/**
 * Downloads what is stored and compares it byte by byte with the local files. A connection that breaks is taken up
 * where it broke, by a fresh link.
 */
export class ReadBack {
  readonly #api: ProjectApi;
  readonly #ports: Ports;
  readonly #onProgress: (progress: ReadBackProgress) => void;
  readonly #progress: ReadBackProgress;

  constructor({ api, ports, plan, onProgress = () => {} }: Options) {
    this.#api = api;
    this.#ports = ports;
    this.#onProgress = onProgress;
    this.#progress = { files: { total: plan.files.length, done: 0 }, bytes: { total: plan.bytes, done: 0 } };
  }

  /**
   * Compares one file.
   * @throws {SourceError} where the local one can't be read. @throws {ProtocolError} where the server gives no links.
   */
  async compare(file: PlannedFile, signal: AbortSignal): Promise<ReadBackOutcome> {
    const position: Position = { at: 0, etag: null };
    try {
      return await this.#compare(file, position, signal);
    } finally {
      this.settle(file.source.size - position.at);
    }
  }

  /** A file is settled, and this many of its bytes need not be read. */
  settle(bytes: number): void {
    this.#progress.files.done += 1;
    this.#move(bytes);
  }

  async #compare(file: PlannedFile, position: Position, signal: AbortSignal): Promise<ReadBackOutcome> {
    const { clock, random } = this.#ports;
    for (let failures = 0; ; ) {
      const stored = await this.#api.file(file.name, { signal });
      if (stored === undefined) throw new ProtocolError('This server gives no download links.');
      if (stored.status === 'damaged') return { verdict: 'damaged' };
      const { downloadLink } = stored;
      if (stored.status !== 'uploaded' || downloadLink === null) return { verdict: 'missing' };
      if (stored.size !== file.source.size) return { verdict: 'different' };
      // Another object stands there by now: nothing of it was compared.
      if (stored.etag !== position.etag) this.#restart(position);
      position.etag = stored.etag;
      const before = position.at;
      try {
        const isEqual = await this.#readOn(file, { url: downloadLink, position, signal });
        return { verdict: isEqual ? 'same' : await this.#whichDiffers(file, { ...stored, downloadLink }, signal) };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransportError)) throw error;
        failures = position.at > before ? 1 : failures + 1;
        if (failures === MOST_FAILURES) return { verdict: 'unread', message: unread(file, position, error) };
        const policy: RetryPolicy = { ...WAITS, attempts: 0, patienceMs: 0 };
        await clock.sleep(backoffMs({ attempt: failures, policy, random }), { signal });
      }
    }
  }

  /** Goes on from the position to the end; returns whether all bytes are equal. @throws {TransportError} */
  async #readOn(
    { source }: PlannedFile,
    { url, position, signal }: { url: string; position: Position; signal: AbortSignal },
  ): Promise<boolean> {
    if (position.at === source.size) return true;
    const headers: Record<string, string> = position.at === 0 ? {} : { range: `bytes=${position.at}-` };
    const response = await this.#ports.transport.receive({ url, headers, signal });
    try {
      // Some storages give the whole object for a range.
      if (response.status === 200) this.#restart(position);
      else if (response.status !== 206) {
        throw new TransportError('reset', `storage responds with status ${response.status}`);
      }
      const local = source.open({ start: position.at, end: source.size }).chunks();
      const isEqual = await equal(response.chunks, local, (bytes) => {
        position.at += bytes;
        this.#move(bytes);
      });
      if (isEqual && position.at < source.size) throw new TransportError('reset', 'the response ended too early');
      return isEqual;
    } finally {
      response.close();
    }
  }

  /** Where the local file still has the MD5 that storage took it with, storage's bytes are the ones that changed. */
  async #whichDiffers(
    { source }: PlannedFile,
    stored: Downloadable,
    signal: AbortSignal,
  ): Promise<'damaged' | 'different'> {
    const comparison = await compareWithStored({ source, stored, md5: this.#ports.md5, signal });
    if (comparison !== 'same') return 'different';
    await this.#readToTheEnd(stored.downloadLink, signal);
    return 'damaged';
  }

  /** A storage that checks what it reads learns of the damage only when all is read. */
  async #readToTheEnd(url: string, signal: AbortSignal): Promise<void> {
    try {
      const response = await this.#ports.transport.receive({ url, headers: {}, signal });
      try {
        for await (const _ of response.chunks) signal.throwIfAborted();
      } finally {
        response.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TransportError)) throw error;
    }
  }

  #restart(position: Position): void {
    this.#move(-position.at);
    position.at = 0;
  }

  #move(bytes: number): void {
    this.#progress.bytes.done += bytes;
    this.#onProgress({ files: { ...this.#progress.files }, bytes: { ...this.#progress.bytes } });
  }
}

const unread = ({ source }: PlannedFile, { at }: Position, { message }: TransportError) =>
  `storage did not give all of it (${at.toLocaleString('en')} of ${source.size.toLocaleString('en')} bytes): ${message}`;

/** Whether the remote bytes are those that the local file begins with. `onEqual` gets each run of equal bytes. */
async function equal(
  remote: AsyncIterable<Uint8Array>,
  local: AsyncIterable<Uint8Array>,
  onEqual: (bytes: number) => void,
): Promise<boolean> {
  const chunks = local[Symbol.asyncIterator]();
  let expected: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of remote) {
      for (let at = 0; at < chunk.length; ) {
        if (expected.length === 0) {
          const next = await chunks.next();
          if (next.done) return false;
          expected = next.value;
        }
        const length = Math.min(expected.length, chunk.length - at);
        for (let index = 0; index < length; index += 1) if (expected[index] !== chunk[at + index]) return false;
        expected = expected.subarray(length);
        at += length;
        onEqual(length);
      }
    }
    return true;
  } finally {
    await chunks.return?.();
  }
}
