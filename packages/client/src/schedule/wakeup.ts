/** Lets one waiter know that something changed, whoever changed it. */
export class Gate {
  #wake = () => {};

  readonly changed = (): void => this.#wake();

  /** Resolves at the next change. */
  wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
