import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { photoBytes, type RawResponse } from '@darkslide/testkit';
import { Api, data, type Link, PROFILE, putLink, type StartedUpload, uniqueName } from './api.ts';
import type { Completed } from './multipart.ts';

/** What may be answered while a part of the cluster is away, and is worth asking again. */
const RETRYABLE = new Set([429, 502, 503, 504]);
/** How long callers go on asking, and how often; milliseconds. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 200;

const FILES = 4;

/** A file that the API or the storage said it has. */
export type Acknowledged = { project: string; name: string; seed: string; size: number };

/** What a load saw. */
export type Seen = {
  /** Returns and failures that called for another attempt, by their kind. */
  retried: Map<string, number>;
  acknowledged: Acknowledged[];
  /** By name, the uuids that the API answered. */
  projects: Map<string, Set<string>>;
};

/**
 * Callers of the bare API, each with one project after the other: links, PUTs, a multipart upload, the list. What
 * fails in a way that may pass is asked again; anything else ends the load with an error.
 */
export class Load {
  readonly seen: Seen = { retried: new Map(), acknowledged: [], projects: new Map() };
  readonly #api: Api;
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(target: { apiUrl: string; apiKey: string }, { callers = 4 }: { callers?: number } = {}) {
    this.#api = new Api(target);
    this.#running = Promise.all(Array.from({ length: callers }, () => this.#call())).then(() => {});
    this.#running.catch(() => {});
  }

  /** Lets every caller finish its project. @throws {Error} where a caller met what may not happen. */
  async stop(): Promise<Seen> {
    this.#stopped = true;
    await this.#running;
    return this.seen;
  }

  async #call(): Promise<void> {
    while (!this.#stopped) await this.#shoot();
  }

  async #shoot(): Promise<void> {
    const api = this.#api;
    const project = await this.#newProject();
    const names = Array.from({ length: FILES }, (_, index) => ({ file_name: `DSC_${index}.NEF` }));
    const asked = await this.#again(() => api.post(`${project}/get_temporary_upload_links`, { files_list: names }));
    for (const { file_name: name, upload_link: url } of data<{ files_list: Link[] }>(asked).files_list) {
      await this.#put(url, { project, name, seed: name, size: 30_000 });
    }
    const name = 'HDR_0001.NEF';
    const started = await this.#again(() =>
      api.post(`${project}/multipart_uploads`, { file_name: name, part_count: 1 }),
    );
    const { upload_id: id, parts } = data<StartedUpload>(started);
    await this.#put(parts[0]?.upload_url ?? assert.fail('a part link'));
    const path = `${project}/multipart_uploads/${encodeURIComponent(id)}/complete`;
    const completed = await this.#again(() => api.post(path, { file_name: name }));
    const file = { project, name, seed: 'part', size: 20_000 };
    assert.equal(data<Completed>(completed).size, file.size);
    this.seen.acknowledged.push(file);
    data(await this.#again(() => api.get(`${project}/files`)));
  }

  /** A name that is taken where an earlier attempt had no answer is this caller's own. */
  async #newProject(): Promise<string> {
    const name = uniqueName();
    let attempts = 0;
    const created = await this.#again(() => {
      attempts += 1;
      return this.#api.post(PROFILE, { name });
    }, 409);
    if (created.status === 409) assert.ok(attempts > 1, `${name} was taken before anyone had it`);
    const path = `${PROFILE}/${encodeURIComponent(name)}/uuid`;
    const answer = created.status === 409 ? await this.#again(() => this.#api.get(path)) : created;
    const { project_uuid: uuid } = data<{ project_uuid: string }>(answer);
    this.seen.projects.set(name, (this.seen.projects.get(name) ?? new Set()).add(uuid));
    return `${PROFILE}/${uuid}`;
  }

  async #put(url: string, file?: Acknowledged): Promise<void> {
    const { seed, size } = file ?? { seed: 'part', size: 20_000 };
    const answer = await this.#again(() => putLink(url, photoBytes({ seed, size })));
    assert.equal(answer.status, 200, answer.text);
    if (file) this.seen.acknowledged.push(file);
  }

  /** Asks until the answer is one that stands. */
  async #again(call: () => Promise<RawResponse>, alsoStands?: number): Promise<RawResponse> {
    return await this.#patiently(async () => {
      const answer = await call();
      if (answer.status < 400 || answer.status === alsoStands) return answer;
      throw new AnswerError(answer);
    });
  }

  async #patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const kind = retryableKind(error);
        if (kind === undefined || Date.now() > deadline) throw error;
        this.seen.retried.set(kind, (this.seen.retried.get(kind) ?? 0) + 1);
        await sleep(PAUSE_MS);
      }
    }
  }
}

class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly answer: RawResponse;

  constructor(answer: RawResponse) {
    super(`${answer.status} ${answer.text.slice(0, 300)}`);
    this.answer = answer;
  }
}

/** Undefined for what must not happen. */
function retryableKind(error: unknown): string | undefined {
  if (error instanceof AnswerError) {
    const { status, text } = error.answer;
    if (status === 409 && text.includes('"upload_busy"')) return 'upload_busy';
    // S3 has 500 InternalError for what may pass; our API has not.
    if (status === 500 && text.startsWith('<?xml')) return 'storage 500';
    return RETRYABLE.has(status) ? String(status) : undefined;
  }
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return code;
  return name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : undefined;
}
