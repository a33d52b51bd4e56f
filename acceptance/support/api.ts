import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type RawResponse, request } from '@darkslide/testkit';

/** The two namespaces, written out: specs take no path from the implementation. */
export const PROFILE = '/v1/projects';
export const SMART_EDITING = '/v1/i2i/projects';
export const FAMILIES = [PROFILE, SMART_EDITING] as const;
export type FamilyPath = (typeof FAMILIES)[number];

export type CallOptions = {
  /** An object goes as JSON with its content type; text and bytes go as they are, with the given headers only. */
  body?: object | string | Uint8Array;
  headers?: Readonly<Record<string, string>>;
  /** The path as it goes on the wire, where URL parsing would change it. */
  target?: string;
};

/** Calls of one account, one request each, nothing retried. */
export class Api {
  readonly url: string;
  readonly #apiKey: string | undefined;

  constructor({ apiUrl, apiKey }: { apiUrl: string; apiKey?: string }) {
    this.url = apiUrl;
    this.#apiKey = apiKey;
  }

  call(method: string, path: string, { body, headers = {}, target }: CallOptions = {}): Promise<RawResponse> {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    return request({
      url: this.url + (target ? '' : path),
      ...(target && { target }),
      method,
      headers: {
        ...(this.#apiKey !== undefined && { 'x-api-key': this.#apiKey }),
        ...(!isRaw && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    });
  }

  get(path: string): Promise<RawResponse> {
    return this.call('GET', path);
  }

  post(path: string, body?: object): Promise<RawResponse> {
    return this.call('POST', path, body && { body });
  }

  delete(path: string, body?: object): Promise<RawResponse> {
    return this.call('DELETE', path, body && { body });
  }

  /** Creates a project and returns its path, `{family}/{uuid}`. */
  async newProject(family: FamilyPath = PROFILE, name = uniqueName()): Promise<string> {
    const { project_uuid: uuid } = data<{ project_uuid: string }>(await this.post(family, { name }));
    return `${family}/${uuid}`;
  }

  async uploadLinks(
    project: string,
    files: readonly { file_name: string; md5?: string | null; size?: number | null }[],
  ): Promise<Link[]> {
    const answer = await this.post(`${project}/get_temporary_upload_links`, { files_list: files });
    return data<{ files_list: Link[] }>(answer).files_list;
  }

  async uploadLink(project: string, fileName: string, md5?: string): Promise<string> {
    return (await this.#link(project, fileName, md5)).upload_link;
  }

  async #link(project: string, fileName: string, md5?: string): Promise<Link> {
    const [link] = await this.uploadLinks(project, [{ file_name: fileName, ...(md5 && { md5 }) }]);
    assert.ok(link, 'one link for one file');
    return link;
  }

  /** Asks for a link and puts the bytes there, with the headers that the link asks for. */
  async put(project: string, fileName: string, bytes: Uint8Array, md5?: string): Promise<RawResponse> {
    const { upload_link, headers } = await this.#link(project, fileName, md5);
    return await putLink(upload_link, bytes, { 'Content-Type': '', ...headers });
  }

  /** The same, and it has to succeed. */
  async upload(project: string, fileName: string, bytes: Uint8Array, md5?: string): Promise<void> {
    const answer = await this.put(project, fileName, bytes, md5);
    assert.equal(answer.status, 200, answer.text);
  }

  async startMultipart(project: string, body: StartBody): Promise<StartedUpload> {
    return data<StartedUpload>(await this.post(`${project}/multipart_uploads`, body));
  }

  async files(project: string): Promise<FileEntry[]> {
    const files: FileEntry[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page: FilePage = data<FilePage>(await this.get(`${project}/files${query}`));
      files.push(...page.files);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return files;
  }

  async file(project: string, fileName: string): Promise<FileEntry & { download_link: string | null }> {
    return data(await this.get(`${project}/files/${encodeURIComponent(fileName)}`));
  }

  /** The original of a file that has arrived. */
  async download(project: string, fileName: string): Promise<Buffer> {
    const { download_link: url } = await this.file(project, fileName);
    assert.ok(url, `${fileName} has arrived`);
    const answer = await request({ url });
    assert.equal(answer.status, 200, answer.text.slice(0, 500));
    return answer.body;
  }
}

export type Link = {
  file_name: string;
  upload_link: string;
  expires_at: string;
  /** To be sent with the PUT. */
  headers?: Readonly<Record<string, string>>;
};
export type StartBody = {
  file_name: string;
  part_count: number;
  size?: number | null;
  part_size?: number | null;
  md5?: string | null;
  links?: boolean;
};
export type PartUrl = { part_number: number; upload_url: string };
export type StartedUpload = { upload_id: string; key: string; parts: PartUrl[] };
export type FileEntry = {
  file_name: string;
  status: string;
  size: number | null;
  etag: string | null;
  uploaded_at: string | null;
  md5_matches: boolean | null;
};
type FilePage = { files: FileEntry[]; next_cursor: string | null };

/** The PUT of section 4: the bytes, an empty content type, nothing else. */
export function putLink(
  url: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = { 'Content-Type': '' },
) {
  return request({ url, method: 'PUT', headers, body });
}

/** A name that no other spec uses. */
export function uniqueName(label = 'Shoot'): string {
  return `${label} ${randomUUID()}`;
}

/** The data of a success, without its envelope; fails on anything else. */
export function data<Shape>(answer: RawResponse): Shape {
  assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.text.slice(0, 500)}`);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/);
  const body = answer.json<Record<string, unknown>>();
  assert.deepEqual(Object.keys(body), ['data'], 'wrapped once, and nothing beside it');
  return body.data as Shape;
}

export type Refusal = { code: string; message: string; request_id: string; details?: unknown[] };

/** Checks the whole form of a refusal, and returns its error. */
export function refusal(answer: RawResponse, { status, code }: { status: number; code?: string | RegExp }): Refusal {
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/);
  const body = answer.json<{ error: Refusal; detail: string }>();
  assert.deepEqual(
    Object.keys(body),
    ['error', 'detail'],
    'an error body holds an error, its sentence and nothing else',
  );
  assert.equal(body.detail, body.error.message);
  const { error } = body;
  assert.match(error.code, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  if (code !== undefined) {
    assert.match(error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`), error.message);
  }
  assert.match(error.message, /^\S.*[.!?]$/s, 'the message is a sentence');
  assert.ok(!/\bat .*[/(]\S*:\d+:\d+|undefined|\[object/.test(error.message), `no insides in: ${error.message}`);
  assert.ok(typeof error.request_id === 'string' && error.request_id !== '', 'a request_id');
  if ('details' in error) assert.ok(Array.isArray(error.details), 'details are a list');
  return error;
}

/** Whether a value stands anywhere in the details of a refusal. */
export function mentions(details: unknown, value: string | number): boolean {
  if (details === value) return true;
  if (typeof details !== 'object' || details === null) return false;
  return Object.values(details).some((each) => mentions(each, value));
}
