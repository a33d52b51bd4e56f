import { apiError, type schemas } from '@darkslide/contract';
import type { Arrivals } from '../arrivals/arrivals.ts';
import { SharedRuns } from '../base/shared-runs.ts';
import type { ProjectRow } from '../database/tables.ts';
import { Grouping } from './grouping.ts';
import type { PhotoRow, PhotoTable } from './photo-table.ts';
import type { ShootPage } from './shoot-pages.ts';
import type { Thumbnails } from './thumbnails.ts';

/** Rows that are read at once. */
const ROWS = 500;
/** Files of a project that are grouped. */
const MAX_FILES = 250_000;

type Options = { photos: PhotoTable; thumbnails: Thumbnails; arrivals: Arrivals; isOn: boolean };

/** What has arrived, as photographs: shots and sets. */
export class Shots {
  readonly #options: Options;
  readonly #grouping = new Grouping();
  readonly #runs = new SharedRuns<string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * One page, in the order of capture. Later pages are of the same version as the first.
   * @throws {ApiError} photos_not_read, too_many_photos, invalid_request, shots_changed
   */
  async list(
    project: ProjectRow,
    { cursor, limit }: { cursor: string; limit: number },
  ): Promise<{ page: Omit<schemas.ShotList, 'next_cursor'>; next: string | undefined }> {
    const { photos, arrivals, isOn } = this.#options;
    if (!isOn) throw apiError('photos_not_read', {});
    const from = positionOf(cursor);
    if (from === undefined) await arrivals.count([project]);
    const unread = await photos.unreadCount(project.id);
    const version = from?.version ?? (await photos.version(project.id));
    const key = `${project.id}@${version}`;
    const asked = { at: from?.at ?? 0, limit };
    let found = await this.#grouping.page(key, asked);
    if (found === undefined) {
      const isOld = from !== undefined && (await photos.version(project.id)) !== version;
      if (isOld) throw apiError('shots_changed', {});
      await this.#runs.run(key, async () => {
        if (await this.#grouping.page(key, asked)) return;
        await this.#grouping.group(key, this.#rows(project.id));
      });
      found = await this.#grouping.page(key, asked);
    }
    if (found === undefined) throw apiError('shots_changed', {});
    const { next, ...page } = found;
    const shots = await this.#withThumbnails(project, page.shots);
    return { page: { ...page, shots, unread }, next: next === undefined ? undefined : `${version}:${next}` };
  }

  async #withThumbnails(project: ProjectRow, shots: ShootPage['shots']): Promise<schemas.ShotList['shots']> {
    const names = shots.flatMap(({ files }) => files.map(({ path }) => path));
    const links = await this.#options.thumbnails.ofFiles(project, names);
    return shots.map((shot) => ({
      ...shot,
      files: shot.files.map((file) => ({ ...file, thumbnail_src: links.get(file.path) ?? null })),
    }));
  }

  close(): Promise<void> {
    return this.#grouping.close();
  }

  async *#rows(projectId: number): AsyncGenerator<readonly PhotoRow[]> {
    let after = '';
    for (let count = 0; ; count += ROWS) {
      const rows = await this.#options.photos.list(projectId, { after, limit: ROWS });
      if (count + rows.length > MAX_FILES) throw apiError('too_many_photos', { most: MAX_FILES });
      yield rows;
      if (rows.length < ROWS) return;
      after = rows.at(-1)?.name ?? after;
    }
  }
}

/** Undefined at the beginning. @throws {ApiError} invalid_request */
function positionOf(cursor: string): { version: number; at: number } | undefined {
  if (cursor === '') return undefined;
  const [, version, at] = /^(\d{1,15}):(\d{1,9})$/.exec(cursor) ?? [];
  if (version === undefined || at === undefined) {
    throw apiError('invalid_request', { problem: 'cursor is not one that this API returned as next_cursor' });
  }
  return { version: Number(version), at: Number(at) };
}
