import { CALLS, type CallName, FAMILIES, type Family } from '@darkslide/contract';
import type { Clock } from '../../src/base/ports.ts';
import type { FakeAnswer, FakeRequest, FakeServer } from './fake-transport.ts';
import { md5Hex } from './md5.ts';

export const API = 'http://api.test';
export const STORAGE = 'http://storage.test';
export const API_KEY = 'key-of-the-tests';

export type CloudOptions = {
  clock: Clock;
  /** What this server speaks: everything, or the bare contract (no file list, no part links, multipart in one family). */
  speaks?: 'everything' | 'contract';
  linkTtlSeconds?: number;
  /** Where links lead to. */
  storageUrl?: string;
  /** Which ETags its storage gives. */
  etags?: 'md5' | 'random' | 'constant';
};

type Stored = { bytes: Uint8Array; etag: string; damaged?: boolean };
type Upload = {
  id: string;
  name: string;
  partCount: number;
  size: number | null;
  state: string;
  parts: Map<number, Stored>;
};
type Project = {
  uuid: string;
  name: string;
  family: Family;
  asked: Set<string>;
  files: Map<string, Stored>;
  uploads: Map<string, Upload>;
};

/** Where a request goes: what faults are chosen by. */
export type Target =
  | { kind: 'api'; route: CallName; project: string | undefined }
  | { kind: 'put'; name: string; part: number | undefined; size: number }
  | { kind: 'get'; name: string };

export type Fault = { afterBytes?: number; answer: FakeAnswer };

/** The whole other side in memory: the API of the contract, and a storage with links that expire. */
export class FakeCloud implements FakeServer {
  readonly projects = new Map<string, Project>();
  readonly calls: Target[] = [];
  /** Chooses what goes wrong. */
  fault: (target: Target) => Fault | undefined = () => undefined;
  /** Called when storage has taken bytes. */
  onStored: (target: Extract<Target, { kind: 'put' }>) => void = () => {};
  keys = new Set([API_KEY]);
  /** Gives whole objects for ranges, as some storages do. */
  ignoresRanges = false;
  readonly #options: Required<CloudOptions>;
  #ids = 0;

  constructor(options: CloudOptions) {
    this.#options = { speaks: 'everything', linkTtlSeconds: 3600, etags: 'md5', storageUrl: STORAGE, ...options };
  }

  get project(): Project {
    const [project] = this.projects.values();
    if (!project) throw new Error('There is no project yet');
    return project;
  }

  get openUploads(): Upload[] {
    return [...this.projects.values()]
      .flatMap(({ uploads }) => [...uploads.values()])
      .filter(({ state }) => state === 'open');
  }

  head(request: FakeRequest) {
    const target = this.#targetOf(request);
    if (!target) return undefined;
    this.calls.push(target);
    // As storages do: whether a link is still good is decided when the request begins.
    const until = new URL(request.url).searchParams.get('until');
    if (until !== null && Number(until) < this.#options.clock.now()) {
      return { afterBytes: 0, answer: xml(403, 'AccessDenied') };
    }
    const fault = this.fault(target);
    return fault && { afterBytes: fault.afterBytes ?? Number.POSITIVE_INFINITY, answer: fault.answer };
  }

  answer(request: FakeRequest, body: Uint8Array): FakeAnswer {
    const target = this.#targetOf(request);
    if (!target) return failure(404, 'route_not_found', 'There is no such route.');
    if (target.kind === 'get') return this.#get(request, target);
    return target.kind === 'put' ? this.#put(request, target, body) : this.#api(request, target.route, body);
  }

  #targetOf({ method, url, size }: FakeRequest): Target | undefined {
    const { origin, pathname, searchParams } = new URL(url);
    if (origin === STORAGE) {
      const part = searchParams.get('partNumber');
      const name = decodeURIComponent(pathname.split('/')[2] ?? '');
      if (method === 'GET') return { kind: 'get', name };
      return {
        kind: 'put',
        name,
        part: part === null ? undefined : Number(part),
        size,
      };
    }
    const found = match(method, pathname);
    return found && { kind: 'api', route: found.route, project: found.params.project_uuid };
  }

  #put(request: FakeRequest, { name, part }: Extract<Target, { kind: 'put' }>, body: Uint8Array): FakeAnswer {
    const { pathname, searchParams } = new URL(request.url);
    if (request.headers['content-type'] !== '') return xml(403, 'SignatureDoesNotMatch');
    if (request.headers['x-api-key'] !== undefined) return xml(400, 'InvalidRequest');
    const project = this.projects.get(pathname.split('/')[1] ?? '');
    if (!project) return xml(404, 'NoSuchBucket');
    const stored = { bytes: body, etag: this.#etag(md5Hex(body)) };
    if (part === undefined) project.files.set(name, stored);
    else {
      const upload = project.uploads.get(searchParams.get('uploadId') ?? '');
      if (upload?.state !== 'open') return xml(404, 'NoSuchUpload');
      upload.parts.set(part, stored);
    }
    this.onStored({ kind: 'put', name, part, size: body.length });
    return { status: 200, headers: { etag: `"${stored.etag}"` } };
  }

  /** Bytes that differ from the ETag are returned anyway, as by storages that do not check them. */
  #get({ url, headers }: FakeRequest, { name }: Extract<Target, { kind: 'get' }>): FakeAnswer {
    const stored = this.projects.get(new URL(url).pathname.split('/')[1] ?? '')?.files.get(name);
    if (!stored) return xml(404, 'NoSuchKey');
    const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    if (from === undefined || this.ignoresRanges) return { status: 200, bytes: stored.bytes };
    return { status: 206, bytes: stored.bytes.subarray(Number(from)) };
  }

  #etag(md5: string): string {
    if (this.#options.etags === 'md5') return md5;
    if (this.#options.etags === 'constant') return '0'.repeat(32);
    return md5Hex(new TextEncoder().encode(`${md5}${++this.#ids}`));
  }

  #api(request: FakeRequest, route: CallName, body: Uint8Array): FakeAnswer {
    if (!this.keys.has(request.headers['x-api-key'] ?? '')) return failure(401, 'invalid_api_key', 'Unknown key.');
    const url = new URL(request.url);
    const { params, family } = match(request.method, url.pathname) ?? NOWHERE;
    if (!this.#offers(route, family)) return failure(404, '', 'Not found');
    const json = body.length > 0 ? JSON.parse(new TextDecoder().decode(body)) : {};
    if (route === 'createProject') return this.#createProject(family, json.name);
    if (route === 'projectUuid') {
      const found = [...this.projects.values()].find(({ name }) => name === params.name);
      return found?.family === family
        ? ok({ project_uuid: found.uuid })
        : failure(404, 'project_not_found', 'No project.');
    }
    const project = this.projects.get(params.project_uuid ?? '');
    if (project?.family !== family) return failure(404, 'project_not_found', 'There is no such project.');
    return this.#ofProject(project, route, params, json);
  }

  #offers(route: CallName, family: Family): boolean {
    if (this.#options.speaks === 'everything') return true;
    if (/^(listFiles|getFile|listMultiparts|getMultipart|partLinks)$/.test(route)) return false;
    return family === 'smart-editing' || !/Multipart/.test(route);
  }

  #createProject(family: Family, name: string): FakeAnswer {
    if ([...this.projects.values()].some((project) => project.name === name)) {
      return failure(409, 'project_name_taken', 'The name is taken.');
    }
    const uuid = `project-${++this.#ids}`;
    const empty = { asked: new Set<string>(), files: new Map(), uploads: new Map() };
    this.projects.set(uuid, { uuid, name, family, ...empty });
    return ok({ project_uuid: uuid });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the bodies are whatever the client sent
  #ofProject(project: Project, route: CallName, params: Record<string, string>, json: any): FakeAnswer {
    switch (route) {
      case 'uploadLinks': {
        const names: string[] = json.files_list.map((file: { file_name: string }) => file.file_name);
        for (const name of names) project.asked.add(name);
        return ok({ files_list: names.map((name) => ({ file_name: name, upload_link: this.#link(project, name) })) });
      }
      case 'listFiles': {
        const names = [...new Set([...project.asked, ...project.files.keys()])];
        const entry = (name: string) => fileEntry(name, project.files.get(name));
        return ok({ files: names.map(entry), next_cursor: null });
      }
      case 'getFile': {
        const name = params.file_name ?? '';
        const stored = project.files.get(name);
        if (!stored && !project.asked.has(name)) return failure(404, 'file_not_found', 'No such file.');
        const isReadable = stored !== undefined && !stored.damaged;
        return ok({ ...fileEntry(name, stored), download_link: isReadable ? this.#link(project, name) : null });
      }
      case 'listShots':
        return failure(404, 'photos_not_read', 'This server does not read photos.');
      case 'startMultipart':
        return this.#start(project, json);
      case 'listMultiparts': {
        const open = [...project.uploads.values()].filter(({ state }) => state === 'open');
        return ok({ uploads: open.map(uploadEntry), next_cursor: null });
      }
    }
    const upload = project.uploads.get(params.upload_id ?? '');
    if (!upload) return failure(404, 'upload_not_found', 'There is no such upload.');
    switch (route) {
      case 'getMultipart':
        return ok({ ...uploadEntry(upload), parts: [...upload.parts].map(partEntry) });
      case 'partLinks':
        return ok({ parts: json.part_numbers.map((part: number) => this.#partLink(project, upload, part)) });
      case 'completeMultipart':
        return this.#complete(project, upload, json.size);
      case 'abortMultipart':
        upload.state = 'aborted';
        return { status: 204 };
      default:
        throw new Error(`The fake has no ${route}`);
    }
  }

  #start(
    project: Project,
    {
      file_name,
      part_count,
      size,
      links = true,
    }: { file_name: string; part_count: number; size?: number; links?: boolean },
  ) {
    const id = `upload-${++this.#ids}`;
    const contract = this.#options.speaks === 'contract';
    const upload: Upload = {
      ...{ id, name: file_name, partCount: part_count, size: contract ? null : (size ?? null) },
      ...{ state: 'open', parts: new Map() },
    };
    project.uploads.set(id, upload);
    const numbers = links || contract ? Array.from({ length: part_count }, (_, index) => index + 1) : [];
    return ok({ upload_id: id, key: file_name, parts: numbers.map((part) => this.#partLink(project, upload, part)) });
  }

  #complete(project: Project, upload: Upload, size: number | undefined): FakeAnswer {
    const done = project.files.get(upload.name);
    if (upload.state === 'completed' && done) {
      return ok({ file_name: upload.name, key: upload.name, size: done.bytes.length, etag: done.etag });
    }
    if (upload.state !== 'open') return failure(404, 'upload_not_found', 'There is no such upload.');
    const parts = Array.from({ length: upload.partCount }, (_, index) => upload.parts.get(index + 1));
    if (parts.some((part) => part === undefined)) return failure(409, 'upload_parts_missing', 'Parts are missing.');
    const held = parts.filter((part) => part !== undefined);
    const bytes = new Uint8Array(Buffer.concat(held.map((part) => part.bytes)));
    if (this.#options.speaks === 'everything' && size !== undefined && bytes.length !== size) {
      return failure(409, 'upload_size_mismatch', 'The sizes differ.');
    }
    const md5s = Buffer.concat(held.map((part) => Buffer.from(md5Hex(part.bytes), 'hex')));
    const etag = `${this.#etag(md5Hex(md5s))}-${held.length}`;
    project.files.set(upload.name, { bytes, etag });
    upload.state = 'completed';
    return ok({ file_name: upload.name, key: upload.name, size: bytes.length, etag });
  }

  #link(project: Project, name: string, query = ''): string {
    const { clock, linkTtlSeconds, storageUrl } = this.#options;
    const until = clock.now() + linkTtlSeconds * 1000;
    return `${storageUrl}/${project.uuid}/${encodeURIComponent(name)}?X-Amz-Expires=${linkTtlSeconds}&until=${until}${query}`;
  }

  #partLink(project: Project, upload: Upload, part: number) {
    const query = `&uploadId=${upload.id}&partNumber=${part}`;
    return { part_number: part, upload_url: this.#link(project, upload.name, query) };
  }
}

const NOWHERE = { params: {} as Record<string, string>, family: 'profile' as const };

function match(method: string, pathname: string) {
  const families = Object.keys(FAMILIES) as Family[];
  const family = families.toReversed().find((name) => pathname.startsWith(FAMILIES[name].prefix));
  if (!family) return undefined;
  const path = pathname.slice(FAMILIES[family].prefix.length).replace(/\/$/, '');
  for (const [route, { method: wanted, path: pattern }] of Object.entries(CALLS)) {
    const found = new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path);
    if (found && method === wanted) {
      const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
      return { route: route as CallName, family, params: Object.fromEntries(params) as Record<string, string> };
    }
  }
  return undefined;
}

const ok = (data: unknown): FakeAnswer => ({ status: 200, text: JSON.stringify({ data }) });

export const failure = (status: number, code: string, message: string): FakeAnswer => ({
  status,
  text: JSON.stringify({ error: { code, message, request_id: 'r' } }),
});

export const xml = (status: number, code: string): FakeAnswer => ({
  status,
  text: `<Error><Code>${code}</Code><Message>told so</Message></Error>`,
});

const fileEntry = (name: string, stored: Stored | undefined) => ({
  file_name: name,
  status: stored?.damaged ? 'damaged' : stored ? 'uploaded' : 'pending',
  size: stored?.bytes.length ?? null,
  etag: stored?.etag ?? null,
  uploaded_at: null,
  md5_matches: null,
});

const uploadEntry = ({ id, name, state, partCount, size }: Upload) => ({
  upload_id: id,
  key: name,
  file_name: name,
  state,
  part_count: partCount,
  size,
  created_at: '',
});

const partEntry = ([part, { bytes, etag }]: [number, Stored]) => ({ part_number: part, size: bytes.length, etag });
