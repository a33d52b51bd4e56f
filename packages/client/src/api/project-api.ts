import { type CallName, canonicalFileName, type Family } from '@darkslide/contract';
import { ProtocolError } from '../base/errors.ts';
import { type ApiCaller, type Call, isUnknownRoute } from './caller.ts';
import {
  type CompletedUpload,
  type HeldPart,
  type LinkTo,
  type OpenUpload,
  type Page,
  type PartLink,
  readCompleted,
  readFile,
  readFiles,
  readIsDeleted,
  readOpenUploads,
  readPartLinks,
  readStartedUpload,
  readUpload,
  readUploadLinks,
  type StartedUpload,
  type StoredFile,
} from './responses.ts';

type Options = { signal?: AbortSignal | undefined };

/**
 * The calls about one project. `undefined` stands for "this server does not have that call": servers of the bare
 * contract lack some. All methods throw what `ApiCaller.call` throws.
 */
export class ProjectApi {
  readonly family: Family;
  readonly projectUuid: string;
  readonly #caller: ApiCaller;
  /** Of the calls that a server may lack, those that this one has answered. */
  readonly #answered = new Set<CallName>();

  constructor({ caller, family, projectUuid }: { caller: ApiCaller; family: Family; projectUuid: string }) {
    this.#caller = caller;
    this.family = family;
    this.projectUuid = projectUuid;
  }

  /** A link for every file, by name. At most 10,000 files. */
  async uploadLinks(
    files: readonly { name: string; size: number }[],
    { signal }: Options = {},
  ): Promise<ReadonlyMap<string, LinkTo>> {
    const data = await this.#call({
      route: 'uploadLinks',
      body: { files_list: files.map(({ name, size }) => ({ file_name: name, size })) },
      signal,
    });
    return new Map(
      readUploadLinks(data).map(({ fileName, url, headers }) => [
        canonicalFileName(fileName),
        { url: httpUrl(url), headers },
      ]),
    );
  }

  /** With `links: false` a server that can give part links later gives none now. */
  async startUpload(
    { name, parts, size, partSize }: { name: string; parts: number; size: number; partSize: number },
    { signal }: Options = {},
  ): Promise<StartedUpload | undefined> {
    const body = { file_name: name, part_count: parts, size, part_size: partSize, links: false };
    const data = await this.#optional({ route: 'startMultipart', body, signal });
    return data === NOT_THERE ? undefined : readStartedUpload(data);
  }

  async partLinks(
    uploadId: string,
    parts: readonly number[],
    { signal }: Options = {},
  ): Promise<PartLink[] | undefined> {
    const params = { upload_id: uploadId };
    const data = await this.#optional({ route: 'partLinks', params, body: { part_numbers: parts }, signal });
    return data === NOT_THERE ? undefined : readPartLinks(data);
  }

  async upload(uploadId: string, { signal }: Options = {}): Promise<(OpenUpload & { parts: HeldPart[] }) | undefined> {
    const data = await this.#optional({ route: 'getMultipart', params: { upload_id: uploadId }, signal });
    return data === NOT_THERE ? undefined : readUpload(data);
  }

  async completeUpload(
    uploadId: string,
    { name, size }: { name: string; size: number },
    { signal }: Options = {},
  ): Promise<CompletedUpload> {
    const params = { upload_id: uploadId };
    return readCompleted(
      await this.#call({ route: 'completeMultipart', params, body: { file_name: name, size }, signal }),
    );
  }

  /** @throws {RefusedError} `file_not_found` where the project has no such file. */
  async deleteFile(fileName: string, { signal }: Options = {}): Promise<void> {
    await this.#call({ route: 'deleteFile', params: { file_name: fileName }, signal });
  }

  /** The project with all its files. Asks until all is gone, which for many files takes several calls. */
  async delete({ signal }: Options = {}): Promise<void> {
    while (!readIsDeleted(await this.#call({ route: 'deleteProject', signal })));
  }

  async abortUpload(uploadId: string, { key, signal }: { key: string } & Options): Promise<void> {
    await this.#call({ route: 'abortMultipart', params: { upload_id: uploadId }, body: { key }, signal });
  }

  /** Every open multipart upload, a page at a time. */
  openUploads(options: Options = {}): Promise<AsyncIterable<OpenUpload[]> | undefined> {
    return this.#pages('listMultiparts', readOpenUploads, options);
  }

  /** One file, with a link to download it where it has arrived. */
  async file(
    name: string,
    { signal }: Options = {},
  ): Promise<(StoredFile & { downloadLink: string | null }) | undefined> {
    const data = await this.#optional({ route: 'getFile', params: { file_name: name }, signal });
    if (data === NOT_THERE) return undefined;
    const file = readFile(data);
    return { ...file, downloadLink: file.downloadLink === null ? null : httpUrl(file.downloadLink) };
  }

  /** Every file that a link was asked for, a page at a time. */
  files(options: Options = {}): Promise<AsyncIterable<StoredFile[]> | undefined> {
    return this.#pages('listFiles', readFiles, options);
  }

  async #pages<Item>(
    route: 'listFiles' | 'listMultiparts',
    read: (data: unknown) => Page<Item>,
    { signal }: Options,
  ): Promise<AsyncIterable<Item[]> | undefined> {
    const first = await this.#optional({ route, signal });
    if (first === NOT_THERE) return undefined;
    const ask = async (cursor: string) => read(await this.#call({ route, query: { cursor }, signal }));
    return followPages(read(first), ask);
  }

  #call(call: Omit<Call, 'family'>): Promise<unknown> {
    const params = { project_uuid: this.projectUuid, ...call.params };
    return this.#caller.call({ ...call, family: this.family, params });
  }

  async #optional(call: Omit<Call, 'family'>): Promise<unknown> {
    try {
      const data = await this.#call({ ...call, known: this.#answered.has(call.route) });
      this.#answered.add(call.route);
      return data;
    } catch (error) {
      if (isUnknownRoute(error)) return NOT_THERE;
      throw error;
    }
  }
}

const NOT_THERE = Symbol('not there');

async function* followPages<Item>(
  first: Page<Item>,
  ask: (cursor: string) => Promise<Page<Item>>,
): AsyncIterable<Item[]> {
  let page = first;
  for (;;) {
    yield page.items;
    const { nextCursor } = page;
    if (nextCursor === null) return;
    page = await ask(nextCursor);
    if (page.nextCursor === nextCursor) throw new ProtocolError('The server gives the same page over and over.');
  }
}

function httpUrl(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new ProtocolError('The server gave a link that is no URL.');
  return url;
}
