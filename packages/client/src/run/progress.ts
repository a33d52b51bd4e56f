import type { Clock } from '../base/ports.ts';
import type { FileResult } from '../base/results.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { FileState, TransferProgress } from '../transfer/transfer-progress.ts';
import type { FileInFlight, OnEvent, Progress } from './events.ts';
import { Meter } from './meter.ts';
import { secondsLeft } from './time-left.ts';

/** Counts what a run does, at a cost that does not depend on its number of files. */
export class ProgressTracker implements TransferProgress {
  readonly #onEvent: OnEvent;
  readonly #onChange: () => void;
  readonly #weightOf: (bytes: number) => number;
  readonly #meter: Meter;
  readonly #inFlight = new Map<PlannedFile, { flight: FileInFlight; weight: number }>();
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
    onEvent: OnEvent;
    onChange: () => void;
    weightOf: (bytes: number) => number;
    clock: Clock;
  }) {
    this.#onEvent = onEvent;
    this.#onChange = onChange;
    this.#weightOf = weightOf;
    this.#meter = new Meter(clock);
  }

  /** Bytes sent so far, including those sent again. */
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

  start(file: PlannedFile): void {
    const { name, source } = file;
    const weight = this.#weightOf(source.size);
    this.#inFlight.set(file, { flight: { name, size: source.size, sent: 0, state: 'checking' }, weight });
    this.#busy += weight;
    this.#onEvent({ type: 'file-started', name, path: source.path, size: source.size });
  }

  setState(file: PlannedFile, state: FileState): void {
    const known = this.#inFlight.get(file);
    if (!known || known.flight.state === state) return;
    const { flight, weight } = known;
    this.#busy += (Number(isBusy(state)) - Number(isBusy(flight.state))) * weight;
    flight.state = state;
    this.#onChange();
  }

  addSent(file: PlannedFile, bytes: number): void {
    this.#sent += bytes;
    this.#meter.add(bytes);
    this.addStored(file, bytes);
  }

  addStored(file: PlannedFile, bytes: number): void {
    const known = this.#inFlight.get(file);
    if (known) known.flight.sent += bytes;
  }

  restart(file: PlannedFile): void {
    const known = this.#inFlight.get(file);
    if (known) known.flight.sent = 0;
    this.setState(file, 'checking');
  }

  finish(file: PlannedFile, result: FileResult): void {
    const known = this.#inFlight.get(file);
    if (known && isBusy(known.flight.state)) this.#busy -= known.weight;
    this.#inFlight.delete(file);
    this.settle(result);
  }

  settle(result: FileResult): void {
    this.#count(result, 1);
    this.#onEvent({ type: 'file-finished', result });
  }

  /** The check at the end contradicts a result that was counted. */
  unsettle(result: FileResult): void {
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

  #count(result: FileResult, sign: 1 | -1): void {
    const kinds = { uploaded: 'successful', skipped: 'skipped', failed: 'failed' } as const;
    this.#files[kinds[result.status]] += sign;
    this.#bytes.settled += sign * result.size;
  }
}

const isBusy = (state: FileState) => state === 'checking' || state === 'sending';
