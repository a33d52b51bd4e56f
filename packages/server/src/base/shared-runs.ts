/**
 * Work that costs the same for one caller as for many. Callers that ask while a run is in progress share the next one,
 * which begins when this one has ended. So each gets what was found after it asked, and no key has two runs at once.
 */
export class SharedRuns<Key> {
  readonly #runs = new Map<Key, { current: Promise<void>; next?: Promise<void> }>();

  run(key: Key, work: () => Promise<void>): Promise<void> {
    const running = this.#runs.get(key);
    if (running === undefined) return this.#start(key, work);
    running.next ??= running.current.then(
      () => this.#start(key, work),
      () => this.#start(key, work),
    );
    return running.next;
  }

  #start(key: Key, work: () => Promise<void>): Promise<void> {
    const run: { current: Promise<void>; next?: Promise<void> } = {
      current: work().finally(() => {
        if (run.next === undefined) this.#runs.delete(key);
      }),
    };
    this.#runs.set(key, run);
    return run.current;
  }
}
