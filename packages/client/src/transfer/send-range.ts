import type { ByteRange, Clock, Pace, Transport } from '../base/ports.ts';
import type { Retrier, RetryInfo } from '../base/retry.ts';
import { watched } from '../base/watchdog.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Transfers } from '../schedule/transfers.ts';
import { bareEtag, type EtagTrust } from './etags.ts';
import type { Links } from './links.ts';
import { RetryDecisions } from './retry-decision.ts';
import { readStorageResponse } from './storage-response.ts';
import { MismatchError, type Receipt, StorageRefusal } from './transfer-errors.ts';
import type { TransferProgress } from './transfer-progress.ts';

/** What sending bytes to storage needs. One for all transfers of a run. */
export type Sender = {
  readonly transport: Transport;
  readonly clock: Clock;
  /** See `UploadSettings`. */
  readonly timeouts: { readonly stallMs: number; readonly responseMs: number };
  readonly retrier: Retrier;
  readonly transfers: Transfers;
  readonly pace: Pace | undefined;
  readonly progress: TransferProgress;
  /** Whether ETags of single PUTs and of parts are MD5s. */
  readonly trust: EtagTrust;
  /** Called before an attempt is repeated. `part` is null for a whole file. */
  readonly onRetry: (subject: { name: string; part: number | null }, info: RetryInfo) => void;
};

export type RangeToSend<Key extends string | number> = {
  file: PlannedFile;
  range: ByteRange;
  links: Links<Key>;
  key: Key;
  signal: AbortSignal;
};

/**
 * Sends a range of a file in one PUT, and repeats it where that can help, until storage has taken exactly these bytes.
 * @throws {StorageRefusal | MismatchError | TransportError | SourceError} the last attempt's error.
 * @throws what `Links.take` throws, or the signal's reason.
 */
export async function sendRange<Key extends string | number>(sender: Sender, unit: RangeToSend<Key>): Promise<Receipt> {
  const { transfers, progress, trust } = sender;
  const { file, range, links, key, signal } = unit;
  const weight = transfers.weightOf(range.end - range.start);
  const decisions = new RetryDecisions({
    dropLink: () => links.drop(key),
    onCongestion: () => transfers.congested(),
  });
  const part = typeof key === 'number' ? key : null;
  try {
    return await sender.retrier.run({
      attempt: (number) =>
        transfers.permits.run({ priority: file.index, weight, signal }, () => sendOnce(sender, unit, number > 1)),
      decide: (error) => decisions.decide(error),
      signal,
      onRetry: (info) => {
        if (part === null) progress.setState(file, 'waiting-to-retry');
        sender.onRetry({ name: file.name, part }, info);
      },
    });
  } catch (error) {
    if (error instanceof MismatchError && trust.judgeRepeated(decisions.etags) === 'unknown') {
      return { ...error.receipt, proof: 'size' };
    }
    throw error;
  }
}

async function sendOnce<Key extends string | number>(
  sender: Sender,
  { file, range, links, key, signal }: RangeToSend<Key>,
  fresh: boolean,
): Promise<Receipt> {
  const { transport, clock, timeouts, progress, trust, pace } = sender;
  const { url, headers } = await links.take(key);
  const body = file.source.open(range);
  let sent = 0;
  progress.setState(file, 'sending');
  try {
    const response = await watched({
      clock,
      signal,
      stallMs: timeouts.stallMs,
      responseMs: timeouts.responseMs + drainMs(sender),
      work: (watch) =>
        transport.send({
          method: 'PUT',
          url,
          // Links are signed with an empty content type.
          headers: { 'content-type': '', ...headers },
          body,
          fresh,
          signal: watch.signal,
          ...(pace && { pace }),
          onSent: (bytes) => {
            sent += bytes;
            progress.addSent(file, bytes);
            if (sent < body.size) watch.progress();
            else watch.sent();
          },
        }),
    });
    const meaning = readStorageResponse(response);
    if (meaning.kind !== 'stored') throw new StorageRefusal(meaning);

    const md5 = await body.md5();
    const etag = bareEtag(meaning.etag);
    const comparison = trust.judge({ etag, expected: md5, headers: response.headers });
    const receipt: Receipt = { expected: md5, etag, md5, proof: comparison === 'equal' ? 'md5' : 'size' };
    if (comparison === 'different') throw new MismatchError(receipt);
    return receipt;
  } catch (error) {
    progress.addStored(file, -sent);
    throw error;
  }
}

/** Bytes that we have sent may wait in buffers of the system and the network, up to about this many. */
const BUFFERED_BYTES = 8 * 1024 * 1024;
/** The time allowed for buffered bytes before a rate was measured. */
const DEFAULT_DRAIN_MS = 60_000;
const MAX_DRAIN_MS = 5 * 60_000;

/** How long the last bytes of a transfer may wait in buffers, in milliseconds, at the rate measured. */
function drainMs({ progress, transfers }: Sender): number {
  const rate = progress.bytesPerSecond;
  if (!rate) return DEFAULT_DRAIN_MS;
  return Math.min((BUFFERED_BYTES / rate) * Math.max(transfers.permits.active, 1) * 1000, MAX_DRAIN_MS);
}
