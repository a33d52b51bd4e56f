import { type CallName, canonicalFileName, type Family, type schemas } from '@darkslide/contract';
import { ProtocolError } from '../base/errors.ts';
import { type ApiCaller, type Call, isUnknownRoute } from './caller.ts';
import {
  type CompletedUpload,
  type OpenUpload,
  type Page,
  type PartLink,
  readCompleted,
  readFile,
  readFiles,
  readIsDeleted,
  readOpenUploads,
  readPartLinks,
  readShots,
  readStartedUpload,
  readUpload,
  readUploadLinks,
  readUploadToken,
  type ShotPage,
  type SignedLink,
  type StartedUpload,
  type StoredFile,
  type StoredPart,
  type UploadToken,
} from './responses.ts';

type Options = { signal?: AbortSignal | undefined };

/**
 * The calls about one project. A method returns undefined where this server does not have the call: servers of the bare
 * contract lack some. All methods throw what `ApiCaller.call` throws.
 */
export class ProjectApi {
  readonly flow: Family;
  readonly projectUuid: string;
  readonly #caller: ApiCaller;
  /** The optional calls that this server is known to have. */
  readonly #available = new Set<CallName>();

  constructor({ caller, flow, projectUuid }: { caller: ApiCaller; flow: Family; projectUuid: string }) {
    this.#caller = caller;
    this.flow = flow;
    this.projectUuid = projectUuid;
  }

  /** A link for every file, by name. At most 10,000 files. */
  async uploadLinks(
    files: readonly { name: string; size: number }[],
    { signal }: Options = {},
  ): Promise<ReadonlyMap<string, SignedLink>> {
    const data = await this.#call({
      route: 'uploadLinks',
      body: {
        files_list: files.map(({ name, size }) => ({ file_name: name, size })),
      } satisfies schemas.UploadLinksBody,
      signal,
    });
    return new Map(
      readUploadLinks(data).map(({ fileName, url, headers }) => [
        canonicalFileName(fileName),
        { url: httpUrl(url), headers },
      ]),
    );
  }

  /** Starts without links where the server can return part links later. */
  async startUpload(
    { name, partCount, size, partSize }: { name: string; partCount: number; size: number; partSize: number },
    { signal }: Options = {},
  ): Promise<StartedUpload | undefined> {
    const body: schemas.StartMultipartBody = {
      ...{ file_name: name, part_count: partCount, size, part_size: partSize, links: false },
    };
    const data = await this.#optional({ route: 'startMultipart', body, signal });
    return data === MISSING_CALL ? undefined : readStartedUpload(data);
  }

  async partLinks(
    uploadId: string,
    partNumbers: readonly number[],
    { signal }: Options = {},
  ): Promise<PartLink[] | undefined> {
    const params = { upload_id: uploadId };
    const body: schemas.PartLinksBody = { part_numbers: [...partNumbers] };
    const data = await this.#optional({ route: 'partLinks', params, body, signal });
    return data === MISSING_CALL ? undefined : readPartLinks(data);
  }

  async upload(
    uploadId: string,
    { signal }: Options = {},
  ): Promise<(OpenUpload & { parts: StoredPart[] }) | undefined> {
    const data = await this.#optional({ route: 'getMultipart', params: { upload_id: uploadId }, signal });
    return data === MISSING_CALL ? undefined : readUpload(data);
  }

  async completeUpload(
    uploadId: string,
    { name, size }: { name: string; size: number },
    { signal }: Options = {},
  ): Promise<CompletedUpload> {
    const params = { upload_id: uploadId };
    const body: schemas.CompleteMultipartBody = { file_name: name, size };
    return readCompleted(await this.#call({ route: 'completeMultipart', params, body, signal }));
  }

  /** @throws {RefusedError} `file_not_found` where the project has no such file. */
  /** A new upload token, with which others may upload into this project only. */
  async createUploadToken(body: schemas.MintUploadTokenBody, { signal }: Options = {}): Promise<UploadToken> {
    return readUploadToken(await this.#call({ route: 'mintUploadToken', body, signal }));
  }

  async deleteFile(fileName: string, { signal }: Options = {}): Promise<void> {
    await this.#call({ route: 'deleteFile', params: { file_name: fileName }, signal });
  }

  /** Deletes the project with all its files. Repeats the call until it is done, which takes several calls for many files. */
  async delete({ signal }: Options = {}): Promise<void> {
    while (!readIsDeleted(await this.#call({ route: 'deleteProject', signal })));
  }

  async abortUpload(uploadId: string, { key, signal }: { key: string } & Options): Promise<void> {
    const body: schemas.AbortMultipartBody = { key };
    await this.#call({ route: 'abortMultipart', params: { upload_id: uploadId }, body, signal });
  }

  /** Every open multipart upload, page by page. */
  openUploads(options: Options = {}): Promise<AsyncIterable<OpenUpload[]> | undefined> {
    return this.#pages('listMultiparts', readOpenUploads, options);
  }

  /** One file, with a link to download it where it is uploaded. */
  async file(
    name: string,
    { signal }: Options = {},
  ): Promise<(StoredFile & { downloadLink: string | null }) | undefined> {
    const data = await this.#optional({ route: 'getFile', params: { file_name: name }, signal });
    if (data === MISSING_CALL) return undefined;
    const file = readFile(data);
    return { ...file, downloadLink: file.downloadLink === null ? null : httpUrl(file.downloadLink) };
  }

  /** Every file that a link was requested for, page by page. */
  files(options: Options = {}): Promise<AsyncIterable<StoredFile[]> | undefined> {
    return this.#pages('listFiles', readFiles, options);
  }

  /** One page of the uploaded photos as shots, in the order of capture. @param cursor of the page before; null: the first */
  async shots(cursor: string | null, { signal }: Options = {}): Promise<ShotPage | undefined> {
    const data = await this.#optional({ route: 'listShots', query: { cursor: cursor ?? undefined }, signal });
    return data === MISSING_CALL ? undefined : readShots(data);
  }

  async #pages<Item>(
    route: 'listFiles' | 'listMultiparts',
    read: (data: unknown) => Page<Item>,
    { signal }: Options,
  ): Promise<AsyncIterable<Item[]> | undefined> {
    const first = await this.#optional({ route, signal });
    if (first === MISSING_CALL) return undefined;
    const request = async (cursor: string) => read(await this.#call({ route, query: { cursor }, signal }));
    return followPages(read(first), request);
  }

  #call(call: Omit<Call, 'flow'>): Promise<unknown> {
    const params = { project_uuid: this.projectUuid, ...call.params };
    return this.#caller.call({ ...call, flow: this.flow, params });
  }

  async #optional(call: Omit<Call, 'flow'>): Promise<unknown> {
    try {
      const data = await this.#call({ ...call, known: this.#available.has(call.route) });
      this.#available.add(call.route);
      return data;
    } catch (error) {
      if (isUnknownRoute(error)) return MISSING_CALL;
      throw error;
    }
  }
}

const MISSING_CALL = Symbol('missing call');

async function* followPages<Item>(
  first: Page<Item>,
  request: (cursor: string) => Promise<Page<Item>>,
): AsyncIterable<Item[]> {
  let page = first;
  for (;;) {
    yield page.items;
    const { nextCursor } = page;
    if (nextCursor === null) return;
    page = await request(nextCursor);
    if (page.nextCursor === nextCursor) throw new ProtocolError('The server returned the same page twice.');
  }
}

function httpUrl(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new ProtocolError('The server returned an invalid link.');
  return url;
}
