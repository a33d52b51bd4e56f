/** One value, or several in a row. */
export type TagValue = number | string | readonly number[] | Uint8Array;

/** Where an embedded JPEG lies in the file, in bytes. Size in pixels where a tag tells it. */
export type EmbeddedJpeg = { offset: number; length: number; width?: number; height?: number };

/** What was found in a file before it is interpreted. Names are ExifTool's, those of makers behind the maker's name. */
export class Tags {
  readonly #values = new Map<string, TagValue>();
  readonly jpegs: EmbeddedJpeg[] = [];
  /** The raw data's own size, and the size after the camera's crop. */
  readonly sizes: { width: number; height: number }[] = [];

  /** The first value of a name stands: the main directory comes before those of thumbnails. */
  set(name: string, value: TagValue | undefined): void {
    const empty = value === undefined || (typeof value === 'object' && value.length === 0);
    if (!empty && !this.#values.has(name)) this.#values.set(name, value);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  number(name: string, index = 0): number | undefined {
    const value = this.#values.get(name);
    const number = typeof value === 'number' ? (index === 0 ? value : undefined) : numbers(value)?.[index];
    return number !== undefined && Number.isFinite(number) ? number : undefined;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  list(name: string): readonly number[] | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? [value] : numbers(value);
  }

  entries(): [string, TagValue][] {
    return [...this.#values];
  }
}

const numbers = (value: TagValue | undefined): readonly number[] | undefined =>
  typeof value === 'object' ? (value instanceof Uint8Array ? [...value] : value) : undefined;
