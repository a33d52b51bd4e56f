/** Deletes that an older write, still in progress, may have to obey. In the order of their numbers. */
export class Tombstones {
  readonly #deleted = new Map<string, number>();
  /** What the transaction in progress has changed, and the values before. */
  #before: { name: string; sequence: number | undefined }[] = [];

  add(bucket: string, key: Uint8Array, sequence: number): void {
    const name = nameOf(bucket, key);
    this.#before.push({ name, sequence: this.#deleted.get(name) });
    this.#deleted.delete(name);
    this.#deleted.set(name, sequence);
  }

  /** The sequence number of the key's last delete; 0 where none is remembered. */
  of(bucket: string, key: Uint8Array): number {
    return this.#deleted.size === 0 ? 0 : (this.#deleted.get(nameOf(bucket, key)) ?? 0);
  }

  /** The transaction has ended. One that was not committed has deleted nothing. */
  end({ committed }: { committed: boolean }): void {
    if (!committed) {
      for (const { name, sequence } of this.#before.reverse()) {
        if (sequence === undefined) this.#deleted.delete(name);
        else this.#deleted.set(name, sequence);
      }
    }
    this.#before = [];
  }

  forgetBefore(sequence: number): void {
    for (const [name, deleted] of this.#deleted) {
      if (deleted >= sequence) return;
      this.#deleted.delete(name);
    }
  }
}

const nameOf = (bucket: string, key: Uint8Array) => `${bucket}/${Buffer.from(key).toString('latin1')}`;
