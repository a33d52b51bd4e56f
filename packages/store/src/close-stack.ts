/**
 * Closes what was opened, the last first. As `AsyncDisposableStack`, which Node 22 does not have.
 */
export class CloseStack {
  readonly #steps: (() => unknown)[] = [];

  /** `close` is called by `this.close`, after those that were added later. */
  defer(close: () => unknown): void {
    this.#steps.push(close);
  }

  /** Runs every step once, also after one has failed; then throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
