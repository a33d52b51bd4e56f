/** Wakes one waiter when something changes. */
export class Wakeup {
  #wake = () => {};

  readonly wake = (): void => this.#wake();

  /** Resolves at the next `wake`. */
  wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
