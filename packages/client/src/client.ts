import { type Family, MAX_PART_SIZE } from '@darkslide/contract';
import { ApiCaller } from './api/caller.ts';
import { ProjectApi } from './api/project-api.ts';
import { ProjectsApi } from './api/projects-api.ts';
import { ConfigurationError, ProtocolError, RefusedError } from './base/errors.ts';
import type { LeftOut } from './base/left-out.ts';
import type { Ports, Source } from './base/ports.ts';
import type { FileResult, UploadSummary } from './base/results.ts';
import { DEFAULT_RETRY, Retrier, type RetryPolicy } from './base/retry.ts';
import { type DuplicatePolicy, makePlan, type Plan } from './plan/plan.ts';
import type { OnEvent } from './run/events.ts';
import type { EngineSettings } from './run/run.ts';
import { nothingToSend, runUpload } from './run/run-upload.ts';
import type { UploadControl } from './schedule/control.ts';
import { SINGLE_PUT_LIMIT } from './transfer/part-size.ts';
import { ReadBack, type ReadBackProgress } from './verify/read-back.ts';
import { type VerifyReport, verifyPlan } from './verify/verify.ts';

export type ClientOptions = {
  /** The server's URL, as in `https://uploads.example.com`; with or without `/v1`. */
  url: string;
  /** An account's key, or an upload token, whose one project is then told by its uuid. */
  apiKey: string;
};

/** A project by its name, which is made where there is none, or an existing one by its uuid. */
export type ProjectChoice = string | { uuid: string };

export type UploadOptions = {
  project: ProjectChoice;
  /** The family of projects. @default 'profile' */
  flow?: Family | undefined;
  /** What to do where different files have one name. @default 'error' */
  duplicates?: DuplicatePolicy | undefined;
  /** Replace files that the project holds with other content. @default false */
  overwrite?: boolean | undefined;
  /** Transfers at once. @default found by measuring */
  concurrency?: number | undefined;
  /** A cap in bytes a second over all transfers. @default none */
  bytesPerSecond?: number | undefined;
  /** Files of more bytes than this go up in parts, where the server takes parts. @default 64 MiB */
  multipartAbove?: number | undefined;
  /** How failures that may pass are repeated. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Aborting it ends the upload, which rejects with the signal's reason; running it again goes on from there. */
  signal?: AbortSignal | undefined;
  /** To pause and resume. */
  control?: UploadControl | undefined;
  /** Called for everything that happens; it must not throw. */
  onEvent?: OnEvent | undefined;
};

/** Answers to a person who waits come within seconds, also where the server is not there. */
const FIRST_CONTACT: RetryPolicy = { baseMs: 300, capMs: 2000, attempts: 4, patienceMs: 4000 };

const MOST_TRANSFERS = 32;
const STALL_MS = 30_000;
const ANSWER_MS = 30_000;

/** The client without its surroundings: it takes files from whoever can read them. */
export class Client {
  readonly #options: ClientOptions;
  readonly #ports: Ports;
  readonly #caller: ApiCaller;

  /** @throws {ConfigurationError} for a URL or a key that can't be one. */
  constructor(options: ClientOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
    this.#caller = this.#createCaller(new Retrier({ policy: FIRST_CONTACT, ...ports }));
  }

  /** The projects of a family. */
  projects(flow: Family = 'profile'): ProjectsApi {
    return new ProjectsApi({ caller: this.#caller, family: flow });
  }

  /** One project: its files and open multipart uploads. */
  project(projectUuid: string, flow: Family = 'profile'): ProjectApi {
    return new ProjectApi({ caller: this.#caller, family: flow, projectUuid });
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
   * What an upload of these files would send.
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

  /** Uploads what was planned. Rejects as `createClient`'s `upload` says. */
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
      api: new ProjectApi({ caller, family: flow, projectUuid }),
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

  /** The uuid of an existing project, or undefined where there is none in this family. */
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
   * Compares local files with what a project holds, by size and content; with `readBack`, by downloading all of it.
   * Changes nothing.
   * @throws {ProtocolError} where the server can't say what it holds.
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
      /** Of reading back. */
      onProgress?: ((progress: ReadBackProgress) => void) | undefined;
      /** Names are those that an upload with this would give. @default false */
      overwrite?: boolean | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<VerifyReport> {
    const api = this.project(projectUuid, flow);
    const report = await verifyPlan({
      ...{ api, plan, overwrite, signal, md5: this.#ports.md5 },
      readBack: readBack ? new ReadBack({ api, ports: this.#ports, plan, onProgress }) : undefined,
    });
    if (!report) throw new ProtocolError("This server can't list what it holds, so nothing can be compared with it.");
    return report;
  }

  #createCaller(retrier: Retrier, onEvent?: OnEvent): ApiCaller {
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

  /** An upload token may not look at its project: whether that is there shows in the first call that it may make. */
  async #projectByUuid(uuid: string, flow: Family, signal?: AbortSignal): Promise<string> {
    try {
      return (await this.projects(flow).get(uuid, { signal })).projectUuid;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 403) return uuid;
      throw error;
    }
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

function settingsOf(options: UploadOptions): EngineSettings {
  const { concurrency, bytesPerSecond, overwrite = false, retry, multipartAbove = SINGLE_PUT_LIMIT } = options;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 256)) {
    throw new ConfigurationError(`The concurrency must be an integer from 1 to 256; got ${concurrency}.`);
  }
  if (bytesPerSecond !== undefined && !(bytesPerSecond > 0)) {
    throw new ConfigurationError(`The rate limit must be more than 0 bytes a second; got ${bytesPerSecond}.`);
  }
  if (!(multipartAbove >= 0 && multipartAbove <= MAX_PART_SIZE)) {
    throw new ConfigurationError(`Files go up in parts above 0 to ${MAX_PART_SIZE} bytes; got ${multipartAbove}.`);
  }
  return {
    concurrency:
      concurrency === undefined ? { kind: 'adaptive', max: MOST_TRANSFERS } : { kind: 'fixed', transfers: concurrency },
    bytesPerSecond,
    overwrite,
    retry: { ...DEFAULT_RETRY, ...retry },
    stallMs: STALL_MS,
    answerMs: ANSWER_MS,
    singlePutLimit: multipartAbove,
  };
}
