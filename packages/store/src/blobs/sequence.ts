/** Gives writes their order, and knows which of them are not settled yet. */
export class Sequence {
  #next: number;
  /** In the order in which they were given, so that the first is the lowest. */
  readonly #open = new Set<number>();

  constructor(first: number) {
    this.#next = first;
  }

  /** For a write whose place is decided later; `settle` it then. */
  take(): number {
    const number = this.#next++;
    this.#open.add(number);
    return number;
  }

  /** For a change that is decided at once, in the order of the commands. */
  pass(): number {
    return this.#next++;
  }

  settle(number: number): void {
    this.#open.delete(number);
  }

  /** No write that is still to be decided has a lower number. */
  get oldest(): number {
    return this.#open.values().next().value ?? this.#next;
  }
}
