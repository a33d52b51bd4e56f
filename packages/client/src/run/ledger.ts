import type { FileResult } from '../base/results.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { FileOutcome } from '../transfer/upload-file.ts';
import type { ProgressTracker } from './progress.ts';

/** The results of a run's files so far. */
export class Ledger {
  readonly #progress: ProgressTracker;
  readonly #outcomes = new Map<PlannedFile, FileOutcome>();

  constructor(progress: ProgressTracker) {
    this.#progress = progress;
  }

  has(file: PlannedFile): boolean {
    return this.#outcomes.has(file);
  }

  begin(file: PlannedFile): void {
    this.#progress.start(file);
  }

  record(file: PlannedFile, outcome: FileOutcome): void {
    this.#outcomes.set(file, outcome);
    this.#progress.finish(file, outcome.result);
  }

  /** Removes a result that turned out to be wrong. */
  revoke(file: PlannedFile): void {
    const outcome = this.#outcomes.get(file);
    if (!outcome) return;
    this.#outcomes.delete(file);
    this.#progress.unsettle(outcome.result);
  }

  uploaded(): [PlannedFile, FileOutcome][] {
    return [...this.#outcomes].filter(([, { result }]) => result.status === 'uploaded');
  }

  results(): FileResult[] {
    return [...this.#outcomes].sort(([a], [b]) => a.index - b.index).map(([, { result }]) => result);
  }
}
