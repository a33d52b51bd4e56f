/**
 * What the client takes from the API's answers: no more than it uses, and nothing on trust. Additions of our server
 * (`expires_at`, …) are optional here, so that any server of the contract will do.
 */
import { ProtocolError } from '../base/errors.ts';

export type ProjectItem = {
  projectUuid: string;
  name: string;
  status: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Files that have arrived. */
  numberOfImages: number;
};

export type ProjectPage = { projects: ProjectItem[]; total: number };
/** Where to PUT, and what to send along besides the bytes. */
export type LinkTo = { url: string; headers?: Readonly<Record<string, string>> | undefined };
export type UploadLink = LinkTo & { fileName: string };
export type PartLink = LinkTo & { part: number };
export type StartedUpload = { uploadId: string; key: string; links: PartLink[] };
export type HeldPart = { part: number; size: number; etag: string };
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
  /** `damaged`: it arrived, but storage can't give its bytes back any more. */
  status: 'pending' | 'uploaded' | 'damaged';
  /** Bytes; null until it has arrived. */
  size: number | null;
  /** Without quotes; null until it has arrived. */
  etag: string | null;
  uploadedAt: string | null;
};
export type Page<Item> = { items: Item[]; nextCursor: string | null };

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new ProtocolError('The server answered something unexpected.');
  return value as Fields;
}

function missing(name: string): never {
  throw new ProtocolError(`The server's answer has no usable "${name}".`);
}

function text(from: Fields, name: string): string {
  const value = from[name];
  return typeof value === 'string' ? value : missing(name);
}

function count(from: Fields, name: string): number {
  const value = from[name];
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : missing(name);
}

function list<Item>(from: Fields, name: string, read: (item: Fields) => Item): Item[] {
  const value = from[name];
  return Array.isArray(value) ? value.map((item) => read(fields(item))) : missing(name);
}

const textOrNull = (from: Fields, name: string) => (typeof from[name] === 'string' ? text(from, name) : null);
const countOrNull = (from: Fields, name: string) => (typeof from[name] === 'number' ? count(from, name) : null);

export const readProjectUuid = (data: unknown) => text(fields(data), 'project_uuid');

export const readIsDeleted = (data: unknown) => fields(data).is_deleted === true;

export const readIsValid = (data: unknown) => fields(data).is_valid === true;

export const readProject = (data: unknown): ProjectItem => {
  const item = fields(data);
  return {
    projectUuid: text(item, 'project_uuid'),
    name: text(item, 'name'),
    status: textOrNull(item, 'status') ?? '',
    createdAt: textOrNull(item, 'created_at') ?? '',
    numberOfImages: countOrNull(item, 'number_of_images') ?? 0,
  };
};

export const readProjectPage = (data: unknown): ProjectPage => ({
  projects: list(fields(data), 'projects', readProject),
  total: count(fields(fields(data).pagination), 'total'),
});

export const readUploadLinks = (data: unknown): UploadLink[] =>
  list(fields(data), 'files_list', (item) => ({
    fileName: text(item, 'file_name'),
    url: text(item, 'upload_link'),
    headers: headersOrNone(item),
  }));

function headersOrNone({ headers }: Fields): Record<string, string> | undefined {
  if (headers === undefined || headers === null) return undefined;
  const entries = Object.entries(fields(headers));
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? value : missing(name)]));
}

const readPartLink = (item: Fields): PartLink => ({
  part: count(item, 'part_number'),
  url: text(item, 'upload_url'),
});

export const readPartLinks = (data: unknown): PartLink[] => list(fields(data), 'parts', readPartLink);

export const readStartedUpload = (data: unknown): StartedUpload => {
  const item = fields(data);
  return { uploadId: text(item, 'upload_id'), key: text(item, 'key'), links: list(item, 'parts', readPartLink) };
};

const readOpenUpload = (item: Fields): OpenUpload => ({
  uploadId: text(item, 'upload_id'),
  key: text(item, 'key'),
  fileName: text(item, 'file_name'),
  state: text(item, 'state'),
  partCount: count(item, 'part_count'),
  size: countOrNull(item, 'size'),
  createdAt: textOrNull(item, 'created_at') ?? '',
});

export const readUpload = (data: unknown): OpenUpload & { parts: HeldPart[] } => {
  const item = fields(data);
  const readPart = (part: Fields) => ({
    part: count(part, 'part_number'),
    size: count(part, 'size'),
    etag: text(part, 'etag'),
  });
  return { ...readOpenUpload(item), parts: list(item, 'parts', readPart) };
};

export const readOpenUploads = (data: unknown): Page<OpenUpload> => ({
  items: list(fields(data), 'uploads', readOpenUpload),
  nextCursor: textOrNull(fields(data), 'next_cursor'),
});

export const readCompleted = (data: unknown): CompletedUpload => ({
  size: count(fields(data), 'size'),
  etag: text(fields(data), 'etag'),
});

const readStoredFile = (item: Fields): StoredFile => ({
  fileName: text(item, 'file_name'),
  status: item.status === 'uploaded' || item.status === 'damaged' ? item.status : 'pending',
  size: countOrNull(item, 'size'),
  etag: textOrNull(item, 'etag'),
  uploadedAt: textOrNull(item, 'uploaded_at'),
});

export const readFile = (data: unknown): StoredFile & { downloadLink: string | null } => {
  const item = fields(data);
  return { ...readStoredFile(item), downloadLink: textOrNull(item, 'download_link') };
};

export const readFiles = (data: unknown): Page<StoredFile> => ({
  items: list(fields(data), 'files', readStoredFile),
  nextCursor: textOrNull(fields(data), 'next_cursor'),
});
