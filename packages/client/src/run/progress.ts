import type { Clock } from '../base/ports.ts';
import type { FileResult } from '../base/results.ts';
import type { FileState, MovedFile, TransferProgress } from '../transfer/transfer-progress.ts';
import type { FileInFlight, Progress, RunEvent } from './events.ts';
import { Meter } from './meter.ts';
import { secondsLeft } from './time-left.ts';

/** What is counted of a file's result. */
type Counted = { status: 'uploaded' | 'downloaded' | 'skipped' | 'failed'; size: number };

/** Counts what a run does, at a cost that does not depend on its number of files. */
export class ProgressTracker<Result extends Counted = FileResult> implements TransferProgress {
  readonly #onEvent: (event: RunEvent<Result>) => void;
  readonly #onChange: () => void;
  readonly #weightOf: (bytes: number) => number;
  readonly #meter: Meter;
  readonly #inFlight = new Map<MovedFile, { flight: FileInFlight; weight: number }>();
  readonly #files = { total: 0, successful: 0, skipped: 0, failed: 0 };
  readonly #bytes = { total: 0, settled: 0 };
  #sent = 0;
  #busy = 0;

  /**
   * @param onChange called when `busy` changed.
   * @param weightOf the share of a permit that a transfer of this many bytes takes.
   */
  constructor({
    onEvent,
    onChange,
    weightOf,
    clock,
  }: {
    onEvent: (event: RunEvent<Result>) => void;
    onChange: () => void;
    weightOf: (bytes: number) => number;
    clock: Clock;
  }) {
    this.#onEvent = onEvent;
    this.#onChange = onChange;
    this.#weightOf = weightOf;
    this.#meter = new Meter(clock);
  }

  /** Bytes transferred so far, including those transferred again. */
  get sent(): number {
    return this.#sent;
  }

  get bytesPerSecond(): number | undefined {
    return this.#meter.rate;
  }

  /** By weight, the files in progress that are neither waiting for a retry nor being completed. */
  get busy(): number {
    return this.#busy;
  }

  expect(files: number, bytes: number): void {
    this.#files.total += files;
    this.#bytes.total += bytes;
  }

  start(file: MovedFile): void {
    const { name, source } = file;
    const weight = this.#weightOf(source.size);
    this.#inFlight.set(file, { flight: { name, size: source.size, sent: 0, state: 'checking' }, weight });
    this.#busy += weight;
    this.#onEvent({ type: 'file-started', name, path: source.path, size: source.size });
  }

  setState(file: MovedFile, state: FileState): void {
    const known = this.#inFlight.get(file);
    if (!known || known.flight.state === state) return;
    const { flight, weight } = known;
    this.#busy += (Number(isBusy(state)) - Number(isBusy(flight.state))) * weight;
    flight.state = state;
    this.#onChange();
  }

  addSent(file: MovedFile, bytes: number): void {
    this.#sent += bytes;
    this.#meter.add(bytes);
    this.addStored(file, bytes);
  }

  addStored(file: MovedFile, bytes: number): void {
    const known = this.#inFlight.get(file);
    if (known) known.flight.sent += bytes;
  }

  restart(file: MovedFile): void {
    const known = this.#inFlight.get(file);
    if (known) known.flight.sent = 0;
    this.setState(file, 'checking');
  }

  finish(file: MovedFile, result: Result): void {
    const known = this.#inFlight.get(file);
    if (known && isBusy(known.flight.state)) this.#busy -= known.weight;
    this.#inFlight.delete(file);
    this.settle(result);
  }

  settle(result: Result): void {
    this.#count(result, 1);
    this.#onEvent({ type: 'file-finished', result });
  }

  /** The check at the end contradicts a result that was counted. */
  unsettle(result: Result): void {
    this.#count(result, -1);
  }

  sample(): void {
    this.#meter.sample();
  }

  snapshot(transfers: Progress['transfers']): Progress {
    const inFlight = Array.from(this.#inFlight.values(), ({ flight }) => flight);
    const done = inFlight.reduce((sum, { sent }) => sum + sent, this.#bytes.settled);
    const rate = this.#meter.rate;
    return {
      files: { ...this.#files },
      bytes: { total: this.#bytes.total, done },
      bytesPerSecond: rate === undefined ? null : Math.round(rate),
      secondsLeft: secondsLeft(Math.max(this.#bytes.total - done, 0), rate),
      transfers,
      inFlight: inFlight.map((flight) => ({ ...flight })),
    };
  }

  #count(result: Result, sign: 1 | -1): void {
    const kinds = { uploaded: 'successful', downloaded: 'successful', skipped: 'skipped', failed: 'failed' } as const;
    this.#files[kinds[result.status]] += sign;
    this.#bytes.settled += sign * result.size;
  }
}

const isBusy = (state: FileState) => state === 'checking' || state === 'sending' || state === 'fetching';
