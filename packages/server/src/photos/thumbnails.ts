import type { ProjectRow } from '../database/tables.ts';
import { thumbnailKeyOf } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PhotoTable } from './photo-table.ts';

type Options = { photos: PhotoTable; store: ObjectStore; isOn: boolean };

/** Links to the thumbnails that storage has. */
export class Thumbnails {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** By the project's id: its first file that has one, in the order of names. */
  async ofProjects(projects: readonly ProjectRow[]): Promise<Map<number, string>> {
    const { photos, store, isOn } = this.#options;
    const names = isOn ? await photos.firstThumbnails(projects.map(({ id }) => id)) : new Map<number, string>();
    if (names.size === 0) return new Map();
    const { view } = await store.signer();
    return new Map(
      projects.flatMap(({ id, uuid }) => {
        const name = names.get(id);
        return name === undefined ? [] : [[id, view(thumbnailKeyOf(uuid, name))]];
      }),
    );
  }

  /** By the file's name. */
  async ofFiles({ id, uuid }: ProjectRow, names: readonly string[]): Promise<Map<string, string>> {
    const { photos, store } = this.#options;
    const having = await photos.withThumbnail(id, names);
    if (having.size === 0) return new Map();
    const { view } = await store.signer();
    return new Map([...having].map((name) => [name, view(thumbnailKeyOf(uuid, name))]));
  }
}
