import { type Family, MAX_PART_SIZE, UPLOAD_TOKEN_PREFIX } from '@darkslide/contract';
import { ApiCaller } from './api/caller.ts';
import { ProjectApi } from './api/project-api.ts';
import { ProjectsApi } from './api/projects-api.ts';
import { uploadPageUrl } from './api/server-url.ts';
import { ConfigurationError, ProtocolError, RefusedError } from './base/errors.ts';
import type { LeftOut } from './base/left-out.ts';
import type { Ports, Source } from './base/ports.ts';
import type { FileResult, UploadSummary } from './base/results.ts';
import { DEFAULT_RETRY, Retrier, type RetryPolicy } from './base/retry.ts';
import type { DownloadEvent, DownloadRequest } from './download/run-download.ts';
import { type DuplicatePolicy, makePlan, type Plan } from './plan/plan.ts';
import type { OnEvent, UploadEvent } from './run/events.ts';
import { nothingToSend, runUpload } from './run/run-upload.ts';
import type { UploadSettings } from './run/settings.ts';
import type { UploadControl } from './schedule/control.ts';
import type { Concurrency } from './schedule/transfers.ts';
import { SINGLE_PUT_MAX_BYTES } from './transfer/put-or-parts.ts';
import { ReadBack, type ReadBackProgress } from './verify/read-back.ts';
import { type VerifyReport, verifyPlan } from './verify/verify.ts';

export type ClientOptions = {
  /** The server's URL, as in `https://uploads.example.com`; with or without `/v1`. */
  url: string;
  /** An account's API key, or an upload token; with a token, name its project by uuid. */
  apiKey: string;
};

/** A project by name, which is created if it does not exist, or an existing project by uuid. */
export type ProjectChoice = string | { uuid: string };

export type UploadOptions = {
  project: ProjectChoice;
  /** The flow of the project. @default 'profile' */
  flow?: Family | undefined;
  /** What to do when different files have the same name. @default 'error' */
  duplicates?: DuplicatePolicy | undefined;
  /** Replace files that the project contains with other content. @default false */
  overwrite?: boolean | undefined;
  /** Parallel transfers, 1 to 256. @default measured */
  concurrency?: number | undefined;
  /** Rate limit over all transfers. @default none */
  bytesPerSecond?: number | undefined;
  /** Files of more bytes than this are sent in parts, where the server has multipart uploads. @default 64 MiB */
  multipartAbove?: number | undefined;
  /** How temporary failures are repeated. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Aborting it ends the upload, which rejects with the signal's reason. A later run resumes it. */
  signal?: AbortSignal | undefined;
  /** Pauses and resumes the upload. */
  control?: UploadControl | undefined;
  /** Called for everything that happens; it must not throw. */
  onEvent?: OnEvent | undefined;
};

export type DownloadOptions = {
  project: ProjectChoice;
  /** The flow of the project. @default 'profile' */
  flow?: Family | undefined;
  /** Put the files of each set, as the server recognised them, into a folder of its own. @default false */
  bySet?: boolean | undefined;
  /** Fetch what arrives until `signal` aborts, and then resolve. @default false */
  follow?: boolean | undefined;
  /** Replace files of the folder that have other content. @default false */
  overwrite?: boolean | undefined;
  /** Parallel transfers, 1 to 256. @default measured */
  concurrency?: number | undefined;
  /** How temporary failures are repeated. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Aborting it ends the download, which rejects with the signal's reason unless it follows. A later run resumes it. */
  signal?: AbortSignal | undefined;
  /** Called for everything that happens; it must not throw. */
  onEvent?: ((event: DownloadEvent) => void) | undefined;
};

export type UploadPageOptions = {
  project: ProjectChoice;
  /** The flow of the project. @default 'profile' */
  flow?: Family | undefined;
  /** How long the page works: 1 to 604,800 seconds. @default 3600 */
  expiresInSeconds?: number | undefined;
  /** Different file names. @default any number */
  maxFiles?: number | undefined;
  /** Bytes of all files together. @default any number */
  maxBytes?: number | undefined;
  /** Names that may be uploaded; `*` in them matches any characters. @default any name */
  allowedNames?: readonly string[] | undefined;
  /** What the page calls the shoot. @default the name of the project */
  title?: string | undefined;
  signal?: AbortSignal | undefined;
};

/** `expiresAt`: ISO 8601, UTC. `tokenId`: with it the upload token can be revoked. */
export type UploadPageLink = { url: string; projectUuid: string; tokenId: string; expiresAt: string };

/** For interactive calls: they fail within seconds if the server is unreachable. */
const FIRST_CONTACT: RetryPolicy = { baseMs: 300, capMs: 2000, attempts: 4, patienceMs: 4000 };

type Retrying = Extract<UploadEvent, { type: 'retrying' }>;

const MAX_TRANSFERS = 32;
const STALL_MS = 30_000;
const RESPONSE_MS = 30_000;

/** The platform-independent client: the caller provides the files and the ports. */
export class Client {
  readonly #options: ClientOptions;
  readonly #ports: Ports;
  readonly #caller: ApiCaller;

  /** @throws {ConfigurationError} for an invalid URL or key. */
  constructor(options: ClientOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    this.#caller = this.#createCaller(new Retrier({ policy: FIRST_CONTACT, ...ports }));
  }

  /** The projects of a flow. */
  projects(flow: Family = 'profile'): ProjectsApi {
    return new ProjectsApi({ caller: this.#caller, flow });
  }

  /** One project: its files and open multipart uploads. */
  project(projectUuid: string, flow: Family = 'profile'): ProjectApi {
    return new ProjectApi({ caller: this.#caller, flow, projectUuid });
  }

  /**
   * A URL of the server's upload page, with which others may upload into one project. It has a secret in its fragment,
   * which browsers send to no server.
   * @throws {RefusedError} where the key may not make upload tokens, or a limit is not one.
   */
  async createUploadPageLink({
    project,
    flow = 'profile',
    signal,
    ...limits
  }: UploadPageOptions): Promise<UploadPageLink> {
    const { projectUuid } = await this.#openProject(project, flow, signal);
    const body = {
      expires_in: limits.expiresInSeconds,
      max_files: limits.maxFiles,
      max_bytes: limits.maxBytes,
      allowed_names: limits.allowedNames && [...limits.allowedNames],
      title: limits.title,
    };
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const { token, tokenId, expiresAt } = await this.project(projectUuid, flow).createUploadToken(given, { signal });
    return { url: uploadPageUrl(this.#options.url, token), projectUuid, tokenId, expiresAt };
  }

  /**
   * Deletes one file of a project, for good.
   * @throws {RefusedError} where there is none, the key may not, or the storage does not let the server delete.
   */
  async deleteFile(
    projectUuid: string,
    fileName: string,
    { flow = 'profile', signal }: { flow?: Family | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    await this.project(projectUuid, flow).deleteFile(fileName, { signal });
  }

  /** Deletes a project with all its files, for good. @throws {RefusedError} as `deleteFile`. */
  async deleteProject(
    projectUuid: string,
    { flow = 'profile', signal }: { flow?: Family | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    await this.project(projectUuid, flow).delete({ signal });
  }

  /**
   * Returns what an upload of these files would send.
   * @throws {DuplicateNamesError}
   */
  async planFiles({
    files,
    settled = [],
    leftOut,
    duplicates = 'error',
    signal,
  }: {
    files: readonly Source[];
    settled?: readonly FileResult[];
    leftOut?: LeftOut | undefined;
    duplicates?: DuplicatePolicy | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<Plan> {
    const plan = await makePlan({ sources: files, leftOut, duplicates, signal });
    return { ...plan, settled: [...settled, ...plan.settled] };
  }

  /** Uploads the files of a plan. @throws as `NodeClient.upload` does */
  async uploadPlan(plan: Plan, options: UploadOptions): Promise<UploadSummary> {
    const { flow = 'profile', signal, onEvent = () => {} } = options;
    const settings = settingsOf(options);
    if (plan.files.length === 0) {
      return nothingToSend(plan, (await this.findProject(options.project, { flow, signal })) ?? null, onEvent);
    }
    const { projectUuid, isNew } = await this.#openProject(options.project, flow, signal);
    const retrier = new Retrier({ policy: settings.retry, ...this.#ports });
    const caller = this.#createCaller(retrier, onEvent);
    return runUpload({
      api: new ProjectApi({ caller, flow, projectUuid }),
      ports: this.#ports,
      settings,
      retrier,
      plan,
      scope: `${URL.parse(this.#options.url)?.host ?? ''} ${projectUuid}`,
      isNew,
      control: options.control,
      signal,
      onEvent,
    });
  }

  /** What a download needs besides a place to put the files. @throws as `NodeClient.download` does */
  protected async openDownload(options: DownloadOptions): Promise<Omit<DownloadRequest, 'sink' | 'folder'>> {
    const { project, flow = 'profile', bySet = false, follow = false, overwrite = false, signal } = options;
    const { onEvent = () => {} } = options;
    if (bySet && follow) {
      throw new ConfigurationError('Sets are known when all has arrived: use bySet without follow.');
    }
    const concurrency = concurrencyOf(options.concurrency);
    const projectUuid = await this.findProject(project, { flow, signal });
    if (projectUuid === undefined) throw new ConfigurationError(`There is no such project in the ${flow} flow.`);
    const retrier = new Retrier({ policy: { ...DEFAULT_RETRY, ...options.retry }, ...this.#ports });
    const api = new ProjectApi({ caller: this.#createCaller(retrier, onEvent), flow, projectUuid });
    return { api, ports: this.#ports, retrier, concurrency, overwrite, bySet, follow, signal, onEvent };
  }

  /** The uuid of an existing project, or undefined where this flow has none. */
  async findProject(
    choice: ProjectChoice,
    { flow = 'profile', signal }: { flow?: Family | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<string | undefined> {
    if (typeof choice === 'string') return this.projects(flow).find(choice, { signal });
    try {
      return await this.#projectByUuid(choice.uuid, flow, signal);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Compares local files with the files of a project, by size and content; with `readBack`, by downloading them.
   * Changes nothing.
   * @throws {ProtocolError} where the server cannot list files.
   */
  async verifyPlan(
    plan: Plan,
    {
      projectUuid,
      flow = 'profile',
      readBack = false,
      onProgress,
      overwrite,
      signal,
    }: {
      projectUuid: string;
      flow?: Family | undefined;
      readBack?: boolean | undefined;
      /** Called while files are read back. */
      onProgress?: ((progress: ReadBackProgress) => void) | undefined;
      /** Use the names that an upload with `overwrite` would give. @default false */
      overwrite?: boolean | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<VerifyReport> {
    const api = this.project(projectUuid, flow);
    const report = await verifyPlan({
      ...{ api, plan, overwrite, signal, md5: this.#ports.md5 },
      readBack: readBack ? new ReadBack({ api, ports: this.#ports, plan, onProgress }) : undefined,
    });
    if (!report) throw new ProtocolError('This server cannot list files, so nothing can be compared.');
    return report;
  }

  #createCaller(retrier: Retrier, onEvent?: (event: Retrying) => void): ApiCaller {
    return new ApiCaller({
      ...this.#options,
      ...this.#ports,
      retrier,
      onRetry:
        onEvent &&
        ((_, { attempt, delayMs, error }) => {
          const reason = error instanceof Error ? error.message : String(error);
          onEvent({ type: 'retrying', name: null, part: null, attempt, delayMs: Math.round(delayMs), reason });
        }),
    });
  }

  /** An upload token may not read its project: the first call that it may make shows whether the project exists. */
  async #projectByUuid(uuid: string, flow: Family, signal?: AbortSignal): Promise<string> {
    if (this.#options.apiKey.startsWith(UPLOAD_TOKEN_PREFIX)) return uuid;
    return (await this.projects(flow).get(uuid, { signal })).projectUuid;
  }

  async #openProject(
    choice: ProjectChoice,
    flow: Family,
    signal?: AbortSignal,
  ): Promise<{ projectUuid: string; isNew: boolean }> {
    const projects = this.projects(flow);
    if (typeof choice !== 'string') {
      return { projectUuid: await this.#projectByUuid(choice.uuid, flow, signal), isNew: false };
    }
    try {
      return { projectUuid: await projects.create({ name: choice }, { signal }), isNew: true };
    } catch (error) {
      if (!(error instanceof RefusedError && error.status === 409)) throw error;
      const projectUuid = await projects.find(choice, { signal });
      if (projectUuid !== undefined) return { projectUuid, isNew: false };
      throw new ConfigurationError(
        `The project "${choice}" exists in the other flow. Choose that flow, or another project name.`,
        { cause: error },
      );
    }
  }
}

function concurrencyOf(transfers: number | undefined): Concurrency {
  if (transfers === undefined) return { kind: 'adaptive', max: MAX_TRANSFERS };
  if (Number.isInteger(transfers) && transfers >= 1 && transfers <= 256) return { kind: 'fixed', transfers };
  throw new ConfigurationError(`The concurrency must be an integer from 1 to 256; got ${transfers}.`);
}

function settingsOf(options: UploadOptions): UploadSettings {
  const { concurrency, bytesPerSecond, overwrite = false, retry, multipartAbove = SINGLE_PUT_MAX_BYTES } = options;
  if (bytesPerSecond !== undefined && !(bytesPerSecond > 0)) {
    throw new ConfigurationError(`The rate limit must be more than 0 bytes per second; got ${bytesPerSecond}.`);
  }
  if (!(multipartAbove >= 0 && multipartAbove <= MAX_PART_SIZE)) {
    throw new ConfigurationError(`multipartAbove must be from 0 to ${MAX_PART_SIZE} bytes; got ${multipartAbove}.`);
  }
  return {
    concurrency: concurrencyOf(concurrency),
    bytesPerSecond,
    overwrite,
    retry: { ...DEFAULT_RETRY, ...retry },
    stallMs: STALL_MS,
    responseMs: RESPONSE_MS,
    singlePutMaxBytes: multipartAbove,
  };
}
