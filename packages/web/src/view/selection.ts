import type { Item } from '../items.ts';

/** Which lines of the list are selected, and which one the keyboard is at. By key: lines move while files are sent. */
export class Selection {
  readonly #keys = new Set<string>();
  /** Where a range begins. */
  #anchor: string | undefined;
  active: string | undefined;

  get size(): number {
    return this.#keys.size;
  }

  has({ key }: Item): boolean {
    return this.#keys.has(key);
  }

  clear(): void {
    this.#keys.clear();
    this.#anchor = undefined;
  }

  toggle({ key }: Item): void {
    if (!this.#keys.delete(key)) this.#keys.add(key);
    this.active = key;
    this.#anchor = key;
  }

  /** Selects all from where the range begins to this one. */
  extendTo(item: Item, items: readonly Item[]): void {
    this.#anchor ??= this.active ?? item.key;
    const at = (key: string | undefined) => items.findIndex((one) => one.key === key);
    const [from = 0, to = 0] = [at(this.#anchor), at(item.key)].toSorted((a, b) => a - b);
    this.#keys.clear();
    for (const { key } of items.slice(Math.max(from, 0), to + 1)) this.#keys.add(key);
    this.active = item.key;
  }

  /** The paths of what is selected, in the order of the list. */
  paths(items: readonly Item[]): string[] {
    const paths = items.flatMap((item) => (this.has(item) ? pathsOf(item) : []));
    return [...new Set(paths)];
  }
}

const pathsOf = (item: Item) => (item.kind === 'set' ? item.rows.map(({ path }) => path) : [item.row.path]);
