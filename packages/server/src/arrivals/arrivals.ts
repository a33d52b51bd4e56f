import { apiError, type schemas } from '@darkslide/contract';
import { checkFileName } from '../base/file-names.ts';
import { mapWithLimit } from '../base/map-with-limit.ts';
import type { FileRow, ProjectRow, UploadTokenRow } from '../database/tables.ts';
import type { FileCounts, ProjectTable } from '../projects/project-table.ts';
import { compareBytes, keyOf, prefixOf } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { arrivedAmong } from './arrived-names.ts';
import type { FileTable } from './file-table.ts';
import { Reconciler } from './reconciler.ts';
import { type ListedFile, listedFile, listedFiles } from './stored-files.ts';

/** Projects that ask storage at once, for one request. */
const CONCURRENT_PROJECTS = 8;
/** Pages of its listing that one request asks storage for, all projects together. */
const PAGES_PER_REQUEST = 32;

/** Called with the number of uploaded files that storage now says are damaged. */
export type OnDamaged = (found: { projectUuid: string; files: number }) => void;

/** Projects of which it is remembered when they had their turn; forgetting costs nothing but the order. */
const MAX_REMEMBERED = 10_000;

type Options = { projects: ProjectTable; files: FileTable; store: ObjectStore; onDamaged: OnDamaged };

/** What has arrived. Storage is the truth; the database remembers what was asked for and what storage said last. */
export class Arrivals {
  readonly #projects: ProjectTable;
  readonly #files: FileTable;
  readonly #store: ObjectStore;
  readonly #onDamaged: OnDamaged;
  readonly #reconciler: Reconciler;
  /** Per project id, the turn at which storage was asked about it last. */
  readonly #asked = new Map<number, number>();
  #turn = 0;

  constructor({ projects, files, store, onDamaged }: Options) {
    this.#projects = projects;
    this.#files = files;
    this.#store = store;
    this.#onDamaged = onDamaged;
    this.#reconciler = new Reconciler({ files, store });
  }

  /**
   * Per project id, how many files it has and how many arrived. Storage is asked only where some are pending, and a
   * bounded number of times: of projects with more than 32,000 objects, and of more than 32 projects together, files
   * that arrived just now may count only at a later call.
   */
  async count(projects: readonly ProjectRow[]): Promise<Map<number, FileCounts>> {
    const counts = new Map<number, FileCounts>(projects.map((project) => [project.id, project]));
    const waiting = projects.filter(({ arrived_count, file_count }) => arrived_count < file_count);
    if (waiting.length === 0) return counts;
    const asked = this.#leastRecent(waiting, PAGES_PER_REQUEST);
    const pages = Math.floor(PAGES_PER_REQUEST / asked.length);
    await mapWithLimit(asked, CONCURRENT_PROJECTS, (project) => this.#reconciler.run(project, { pages }));
    for (const now of await this.#projects.counts(waiting.map(({ id }) => id))) counts.set(now.id, now);
    return counts;
  }

  /** At most this many of the projects, those first that storage was not asked about for longest. */
  #leastRecent(projects: readonly ProjectRow[], most: number): ProjectRow[] {
    const turn = ({ id }: ProjectRow) => this.#asked.get(id) ?? 0;
    const asked = projects.toSorted((a, b) => turn(a) - turn(b)).slice(0, most);
    if (this.#asked.size >= MAX_REMEMBERED) this.#asked.clear();
    for (const { id } of asked) this.#asked.set(id, ++this.#turn);
    return asked;
  }

  /** One page of a project's files, in byte order of the names. `limit` is 1 to 1000; the next page is `after: next`. */
  async list(project: ProjectRow, { after, limit }: { after: string; limit: number }) {
    const prefix = prefixOf(project.uuid);
    // The database first: what it has as arrived then, storage must list now, or has lost.
    const rows = await this.#files.list(project.id, { after, limit: limit + 1 });
    const listing = await this.#store.list({ prefix, startAfter: prefix + after, limit });
    // Beyond the last key of a full page, storage has not yet said what it holds.
    const lastKey = listing.more ? listing.objects.at(-1)?.key : undefined;
    const horizon = lastKey?.slice(prefix.length);
    const known = horizon === undefined ? rows : rows.filter(({ name }) => compareBytes(name, horizon) <= 0);
    const stored = listedFiles(project, listing.objects);
    await this.#record(project, known, stored);

    const merged = mergeByName(known, stored);
    const page = merged.slice(0, limit);
    const next = merged.length > limit ? page.at(-1)?.name : horizon;
    return { files: page.map((file) => this.#describe(file.name, file.row, file.stored)), next };
  }

  /**
   * One page of what an upload token asked for, likewise. Where it is not the only one who did, what stands there may
   * be another's: whether the file has arrived is all that is told then.
   */
  async listOfToken(project: ProjectRow, token: UploadTokenRow, { after, limit }: { after: string; limit: number }) {
    const rows = await this.#files.listOfToken(project.id, token.id, { after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const objects = await arrivedAmong(
      this.#store,
      project.uuid,
      page.map(({ name }) => name),
    );
    const stored = new Map([...objects].map(([name, object]) => [name, listedFile(name, object)]));
    await this.#record(project, page, stored);
    const files = page.map((row) => {
      const file = this.#describe(row.name, row, stored.get(row.name));
      return row.only_token_id === token.id
        ? file
        : { ...file, size: null, etag: null, uploaded_at: null, md5_matches: null };
    });
    return { files, next: rows.length > limit ? page.at(-1)?.name : undefined };
  }

  /** One file, and its download link where it has arrived and is whole. @throws {ApiError} file_not_found */
  async get(project: ProjectRow, fileName: string): Promise<schemas.FileWithDownload> {
    const name = checkFileName(fileName);
    const key = keyOf(project.uuid, name);
    const row = await this.#files.find(project.id, name);
    const object = await this.#store.head(key);
    if (row === undefined && object === undefined) throw apiError('file_not_found', { name: fileName });
    const stored = new Map(object === undefined ? [] : [[name, listedFile(name, object)]]);
    await this.#record(project, row === undefined ? [] : [row], stored);
    const isReadable = object !== undefined && !object.damaged;
    const download_link = !isReadable ? null : (await this.#store.signer()).get(key, name);
    return { ...this.#describe(fileName, row, stored.get(name)), download_link };
  }

  /** Takes over what storage says, where it differs from what it said before. What is damaged has not arrived. */
  async #record(project: ProjectRow, rows: readonly FileRow[], stored: ReadonlyMap<string, ListedFile>): Promise<void> {
    const known = new Map(rows.map((row) => [row.name, row]));
    const changed = [...stored.values()].filter((file) => {
      if (file.damaged) return false;
      const row = known.get(file.name);
      return row?.etag !== file.etag || row.size !== file.size || row.uploaded_at !== file.uploadedAt;
    });
    const gone = rows
      .filter(({ name, uploaded_at }) => uploaded_at !== null && (stored.get(name)?.damaged ?? true))
      .map(({ name }) => name);
    await this.#files.store(project.id, changed);
    const damaged = gone.filter((name) => stored.has(name));
    await this.#files.forget(project.id, { lost: gone.filter((name) => !stored.has(name)), damaged });
    if (damaged.length > 0) this.#onDamaged({ projectUuid: project.uuid, files: damaged.length });
  }

  #describe(name: string, row: FileRow | undefined, stored: ListedFile | undefined): schemas.File {
    if (stored === undefined) {
      return { file_name: name, status: 'pending', size: null, etag: null, uploaded_at: null, md5_matches: null };
    }
    return {
      file_name: name,
      status: stored.damaged ? 'damaged' : 'uploaded',
      size: stored.size,
      etag: stored.etag,
      uploaded_at: new Date(stored.uploadedAt).toISOString(),
      md5_matches: stored.damaged ? null : this.#md5Matches(row?.md5 ?? null, stored.etag),
    };
  }

  /** Null where no MD5 was declared, or the ETag is none: by multipart, or in a storage with ETags of its own. */
  #md5Matches(declared: string | null, etag: string): boolean | null {
    if (declared === null || !this.#store.etagIsMd5 || !/^[0-9a-f]{32}$/.test(etag)) return null;
    return Buffer.from(declared, 'base64').toString('hex') === etag;
  }
}

type Known = { name: string; row: FileRow | undefined; stored: ListedFile | undefined };

function mergeByName(rows: readonly FileRow[], stored: ReadonlyMap<string, ListedFile>): Known[] {
  const merged = new Map<string, Known>();
  for (const row of rows) merged.set(row.name, { name: row.name, row, stored: stored.get(row.name) });
  for (const file of stored.values()) {
    if (!merged.has(file.name)) merged.set(file.name, { name: file.name, row: undefined, stored: file });
  }
  return [...merged.values()].sort((a, b) => compareBytes(a.name, b.name));
}
