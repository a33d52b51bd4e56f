import { SourceError, TransportError } from '../base/errors.ts';
import type { ByteRange } from '../base/ports.ts';
import type { Verdict } from '../base/retry.ts';
import { watched } from '../base/watchdog.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Acknowledged, Run } from '../run/run.ts';
import { bareEtag } from './etags.ts';
import type { Links } from './links.ts';
import { readStorageAnswer, type StorageAnswer } from './storage-response.ts';

/** How often the same bytes are sent before a wrong ETag is believed. */
const SENDS_PER_MISMATCH = 3;
/** How often in a row a link may be refused, each time asked for anew. */
const LINKS_PER_TRY = 3;

/** How many connections may be lost before another link is tried. */
const RESETS_PER_LINK = 2;

/** Storage answered, but not that it took the bytes. */
export class StorageRefusal extends Error {
  readonly answer: Exclude<StorageAnswer, { kind: 'stored' }>;

  constructor(answer: Exclude<StorageAnswer, { kind: 'stored' }>) {
    super(answer.message);
    this.answer = answer;
  }
}

/** Storage took other bytes than were sent, by its ETag. */
export class MismatchError extends Error {
  readonly acknowledged: Acknowledged;

  constructor(acknowledged: Acknowledged) {
    super(`storage says that what arrived has the ETag ${acknowledged.etag}, but ${acknowledged.expected} was sent`);
    this.acknowledged = acknowledged;
  }
}

export type SendRange<Key extends string | number> = {
  file: PlannedFile;
  range: ByteRange;
  links: Links<Key>;
  key: Key;
  signal: AbortSignal;
};

/**
 * Sends a range of a file with one PUT, again where that can help, until storage has acknowledged those very bytes.
 * @throws {StorageRefusal | MismatchError | TransportError | SourceError} what the last attempt failed with, what
 *   asking for a link throws, or the signal's reason.
 */
export async function sendRange<Key extends string | number>(run: Run, unit: SendRange<Key>): Promise<Acknowledged> {
  const { file, range, links, key, signal } = unit;
  const weight = run.weightOf(range.end - range.start);
  const judge = createJudge(run, () => links.drop(key));
  const part = typeof key === 'number' ? key : null;
  try {
    return await run.retrier.run({
      attempt: (number) =>
        run.slots.run({ priority: file.index, weight, signal }, () => sendOnce(run, unit, number > 1)),
      judge: judge.verdict,
      signal,
      onRetry: (info) => {
        if (part === null) run.progress.state(file, 'waiting-to-retry');
        run.retrying({ name: file.name, part }, info);
      },
    });
  } catch (error) {
    if (error instanceof MismatchError && run.trust.put.judgeRepeated(judge.etags) === 'unknown') {
      return { ...error.acknowledged, proof: 'size' };
    }
    throw error;
  }
}

async function sendOnce<Key extends string | number>(
  run: Run,
  { file, range, links, key, signal }: SendRange<Key>,
  fresh: boolean,
): Promise<Acknowledged> {
  const { ports, settings, progress, trust } = run;
  const { url, headers } = await links.take(key);
  const body = file.source.open(range);
  let sent = 0;
  progress.state(file, 'sending');
  try {
    const response = await watched({
      clock: ports.clock,
      signal,
      stallMs: settings.stallMs,
      answerMs: settings.answerMs + drainMs(run),
      work: (watch) =>
        ports.transport.send({
          method: 'PUT',
          url,
          // Links are signed with an empty content type.
          headers: { 'content-type': '', ...headers },
          body,
          fresh,
          signal: watch.signal,
          ...(run.pace && { pace: run.pace }),
          onSent: (bytes) => {
            sent += bytes;
            progress.add(file, bytes);
            if (sent < body.size) watch.progress();
            else watch.sent();
          },
        }),
    });
    const answer = readStorageAnswer(response);
    if (answer.kind !== 'stored') throw new StorageRefusal(answer);

    const md5 = await body.md5();
    const etag = bareEtag(answer.etag);
    const verdict = trust.put.judge({ etag, expected: md5, headers: response.headers });
    const acknowledged: Acknowledged = { expected: md5, etag, md5, proof: verdict === 'equal' ? 'md5' : 'size' };
    if (verdict === 'different') throw new MismatchError(acknowledged);
    return acknowledged;
  } catch (error) {
    progress.held(file, -sent);
    throw error;
  }
}

/** What the system may hold of bytes that have left us, in buffers on their way. */
const UNDERWAY = 8 * 1024 * 1024;
/** As long as nothing was measured, and at most, in milliseconds. */
const LONGEST_DRAIN = 5 * 60_000;
const USUAL_DRAIN = 60_000;

/** How long the last bytes of a transfer may be underway, in milliseconds, at the pace measured. */
function drainMs({ progress, slots }: Run): number {
  const rate = progress.bytesPerSecond;
  if (!rate) return USUAL_DRAIN;
  return Math.min((UNDERWAY / rate) * Math.max(slots.active, 1) * 1000, LONGEST_DRAIN);
}

/** Decides about failed attempts of one unit. */
function createJudge(run: Run, dropLink: () => void): { verdict: (error: unknown) => Verdict; etags: string[] } {
  const etags: string[] = [];
  let linksRefused = 0;
  let staleConnections = 0;
  let resets = 0;

  const onAnswer = ({ answer }: StorageRefusal): Verdict => {
    switch (answer.kind) {
      case 'later':
        linksRefused = 0;
        if (answer.congested) run.congested();
        return { retry: true, afterMs: answer.afterMs };
      case 'damaged':
        return { retry: true };
      case 'link-refused':
        dropLink();
        linksRefused += 1;
        return linksRefused < LINKS_PER_TRY ? { retry: true, afterMs: 0 } : { retry: false };
      case 'upload-gone':
      case 'exists':
      case 'refused':
        return { retry: false };
    }
  };

  const onTransport = ({ kind }: TransportError): Verdict => {
    switch (kind) {
      case 'stale':
        staleConnections += 1;
        return staleConnections === 1 ? { retry: true, afterMs: 0 } : { retry: true };
      case 'reset':
      case 'timeout':
        run.congested();
        resets += 1;
        // A storage that refuses a link early and hangs up looks just like this.
        if (resets % RESETS_PER_LINK === 0) dropLink();
        return { retry: true };
      case 'unreachable':
        return { retry: true };
      case 'certificate':
      case 'invalid':
        return { retry: false };
    }
  };

  const verdict = (error: unknown): Verdict => {
    if (error instanceof StorageRefusal) return onAnswer(error);
    if (error instanceof TransportError) return onTransport(error);
    if (error instanceof MismatchError) {
      etags.push(error.acknowledged.etag);
      return etags.length < SENDS_PER_MISMATCH ? { retry: true } : { retry: false };
    }
    if (error instanceof SourceError) return { retry: false };
    return { retry: false };
  };
  return { verdict, etags };
}
