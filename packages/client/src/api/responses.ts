/**
 * Reads the API's responses: only what the client uses, and nothing unchecked. The names of the fields are those of the
 * contract's schemas, so that a renamed field does not compile. Fields that only our server has (`expires_at`, …) are
 * optional here, so that every server of the contract will do.
 */
import type { schemas } from '@darkslide/contract';
import { ProtocolError } from '../base/errors.ts';

export type ProjectItem = {
  projectUuid: string;
  name: string;
  status: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Uploaded files. */
  numberOfImages: number;
};

export type ProjectPage = { projects: ProjectItem[]; total: number };
/** `token`: the secret. `expiresAt`: ISO 8601, UTC. */
export type UploadToken = { tokenId: string; token: string; expiresAt: string };
/** Where to PUT the bytes, and the headers to send with them. */
export type SignedLink = { url: string; headers?: Readonly<Record<string, string>> | undefined };
export type UploadLink = SignedLink & { fileName: string };
export type PartLink = SignedLink & { partNumber: number };
export type StartedUpload = { uploadId: string; key: string; links: PartLink[] };
/** A part that storage has. */
export type StoredPart = { partNumber: number; size: number; etag: string };
export type OpenUpload = {
  uploadId: string;
  key: string;
  fileName: string;
  state: string;
  partCount: number;
  size: number | null;
  createdAt: string;
};
export type CompletedUpload = { size: number; etag: string };
export type StoredFile = {
  fileName: string;
  /** `damaged`: it was uploaded, but storage can no longer return its bytes. */
  status: 'pending' | 'uploaded' | 'damaged';
  /** Bytes; null until it is uploaded. */
  size: number | null;
  /** Without quotes; null until it is uploaded. */
  etag: string | null;
  uploadedAt: string | null;
};
/** A photograph: the names of its files, when the camera says it was taken, and its set. */
export type StoredShot = {
  names: string[];
  sidecars: string[];
  /** Milliseconds since 1970 of the camera's clock, as if that showed UTC. */
  cameraMs: number | null;
  /** Minutes east of UTC. */
  zoneMinutes: number | null;
  set: string | null;
};
/** `unread`: uploaded files that the server has not looked into yet. */
export type ShotPage = Page<StoredShot> & { unread: number };
export type Page<Item> = { items: Item[]; nextCursor: string | null };

/** The fields of a schema whose values, other than null, are of a type. */
type FieldsOf<Schema, Value> = {
  [Name in keyof Schema & string]-?: NonNullable<Schema[Name]> extends Value ? Name : never;
}[keyof Schema & string];

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never;

/** An object of a response, not yet checked. `Schema` is what the contract says that it is. */
class Fields<Schema> {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws {ProtocolError} where the value is not an object. */
  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) {
      throw new ProtocolError('The server returned something other than an object.');
    }
    this.#values = value as Record<string, unknown>;
  }

  unchecked(name: keyof Schema & string): unknown {
    return this.#values[name];
  }

  text(name: FieldsOf<Schema, string>): string {
    const value = this.#values[name];
    return typeof value === 'string' ? value : unusable(name);
  }

  count(name: FieldsOf<Schema, number>): number {
    const value = this.#values[name];
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : unusable(name);
  }

  textOrNull(name: FieldsOf<Schema, string>): string | null {
    return typeof this.#values[name] === 'string' ? this.text(name) : null;
  }

  countOrNull(name: FieldsOf<Schema, number>): number | null {
    return typeof this.#values[name] === 'number' ? this.count(name) : null;
  }

  object<Name extends FieldsOf<Schema, object>>(name: Name): Fields<NonNullable<Schema[Name]>> {
    return new Fields(this.#values[name]);
  }

  numberOrNull(name: FieldsOf<Schema, number>): number | null {
    const value = this.#values[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  }

  list<Name extends FieldsOf<Schema, readonly unknown[]>, Item>(
    name: Name,
    read: (item: Fields<ItemOf<Schema[Name]>>) => Item,
  ): Item[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map((item) => read(new Fields(item))) : unusable(name);
  }
}

function unusable(name: string): never {
  throw new ProtocolError(`The server's response has no usable "${name}".`);
}

export const readProjectUuid = (data: unknown): string => new Fields<schemas.ProjectCreated>(data).text('project_uuid');

const projectItem = (item: Fields<schemas.Project>): ProjectItem => ({
  projectUuid: item.text('project_uuid'),
  name: item.text('name'),
  status: item.textOrNull('status') ?? '',
  createdAt: item.textOrNull('created_at') ?? '',
  numberOfImages: item.countOrNull('number_of_images') ?? 0,
});

export const readProject = (data: unknown): ProjectItem => projectItem(new Fields(data));

export function readProjectPage(data: unknown): ProjectPage {
  const page = new Fields<schemas.ProjectList>(data);
  return { projects: page.list('projects', projectItem), total: page.object('pagination').count('total') };
}

export function readUploadToken(data: unknown): UploadToken {
  const minted = new Fields<schemas.UploadTokenMinted>(data);
  return { tokenId: minted.text('token_id'), token: minted.text('token'), expiresAt: minted.text('expires_at') };
}

export const readUploadLinks = (data: unknown): UploadLink[] =>
  new Fields<schemas.UploadLinks>(data).list('files_list', (item) => ({
    fileName: item.text('file_name'),
    url: item.text('upload_link'),
    headers: headersOrNone(item.unchecked('headers')),
  }));

function headersOrNone(headers: unknown): Record<string, string> | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (typeof headers !== 'object') return unusable('headers');
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? value : unusable(name)]));
}

const partLink = (item: Fields<schemas.PartLink>): PartLink => ({
  partNumber: item.count('part_number'),
  url: item.text('upload_url'),
});

export const readPartLinks = (data: unknown): PartLink[] => new Fields<schemas.PartLinks>(data).list('parts', partLink);

export function readStartedUpload(data: unknown): StartedUpload {
  const started = new Fields<schemas.MultipartStarted>(data);
  return { uploadId: started.text('upload_id'), key: started.text('key'), links: started.list('parts', partLink) };
}

const openUpload = (item: Fields<Omit<schemas.MultipartUpload, 'parts'>>): OpenUpload => ({
  uploadId: item.text('upload_id'),
  key: item.text('key'),
  fileName: item.text('file_name'),
  state: item.text('state'),
  partCount: item.count('part_count'),
  size: item.countOrNull('size'),
  createdAt: item.textOrNull('created_at') ?? '',
});

export function readUpload(data: unknown): OpenUpload & { parts: StoredPart[] } {
  const parts = new Fields<schemas.MultipartUpload>(data).list('parts', (part) => ({
    partNumber: part.count('part_number'),
    size: part.count('size'),
    etag: part.text('etag'),
  }));
  return { ...openUpload(new Fields(data)), parts };
}

export function readOpenUploads(data: unknown): Page<OpenUpload> {
  const page = new Fields<schemas.MultipartUploadList>(data);
  return { items: page.list('uploads', openUpload), nextCursor: page.textOrNull('next_cursor') };
}

export function readIsDeleted(data: unknown): boolean {
  return new Fields<schemas.ProjectDeleted>(data).unchecked('is_deleted') === true;
}

export function readCompleted(data: unknown): CompletedUpload {
  const completed = new Fields<schemas.MultipartCompleted>(data);
  return { size: completed.count('size'), etag: completed.text('etag') };
}

function storedFile(item: Fields<schemas.File>): StoredFile {
  const status = item.textOrNull('status');
  return {
    fileName: item.text('file_name'),
    status: status === 'uploaded' || status === 'damaged' ? status : 'pending',
    size: item.countOrNull('size'),
    etag: item.textOrNull('etag'),
    uploadedAt: item.textOrNull('uploaded_at'),
  };
}

export function readFile(data: unknown): StoredFile & { downloadLink: string | null } {
  const downloadLink = new Fields<schemas.FileWithDownload>(data).textOrNull('download_link');
  return { ...storedFile(new Fields(data)), downloadLink };
}

export function readFiles(data: unknown): Page<StoredFile> {
  const page = new Fields<schemas.FileList>(data);
  return { items: page.list('files', storedFile), nextCursor: page.textOrNull('next_cursor') };
}

type Shot = schemas.ShotList['shots'][number];

function storedShot(item: Fields<Shot>): StoredShot {
  const files = item.list('files', (file) => ({ name: file.text('path'), isSidecar: file.text('role') === 'sidecar' }));
  const namesOf = (sidecars: boolean) =>
    files.filter(({ isSidecar }) => isSidecar === sidecars).map(({ name }) => name);
  return {
    names: namesOf(false),
    sidecars: namesOf(true),
    cameraMs: item.numberOrNull('t'),
    zoneMinutes: item.numberOrNull('tz'),
    set: item.textOrNull('set'),
  };
}

export function readShots(data: unknown): ShotPage {
  const page = new Fields<schemas.ShotList>(data);
  return {
    items: page.list('shots', storedShot),
    nextCursor: page.textOrNull('next_cursor'),
    unread: page.count('unread'),
  };
}
