import type { Family, schemas } from '@darkslide/contract';
import { RefusedError } from '../base/errors.ts';
import type { ApiCaller } from './caller.ts';
import { type ProjectItem, readProject, readProjectPage, readProjectUuid } from './responses.ts';

type Options = { signal?: AbortSignal | undefined };

const PAGE_SIZE = 100;

/** The calls about the projects of one flow. All methods throw what `ApiCaller.call` throws. */
export class ProjectsApi {
  readonly #caller: ApiCaller;
  readonly #flow: Family;

  constructor({ caller, flow }: { caller: ApiCaller; flow: Family }) {
    this.#caller = caller;
    this.#flow = flow;
  }

  /** @throws {RefusedError} with status 409 where the account already has a project with this name. */
  async create({ name }: { name?: string | undefined } = {}, { signal }: Options = {}): Promise<string> {
    const body: schemas.CreateProjectBody = name === undefined ? {} : { name };
    return readProjectUuid(await this.#caller.call({ route: 'createProject', flow: this.#flow, body, signal }));
  }

  /** The uuid of the project with this name, or undefined where this flow has none. */
  async find(name: string, { signal }: Options = {}): Promise<string | undefined> {
    try {
      const params = { name };
      const data = await this.#caller.call({ route: 'projectUuid', flow: this.#flow, params, signal });
      return readProjectUuid(data);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  async get(projectUuid: string, { signal }: Options = {}): Promise<ProjectItem> {
    const params = { project_uuid: projectUuid };
    return readProject(await this.#caller.call({ route: 'getProject', flow: this.#flow, params, signal }));
  }

  /** All projects, newest first. Pages are requested as they are needed. */
  async *list({ signal }: Options = {}): AsyncIterable<ProjectItem> {
    for (let page = 0, seen = 0; ; page += 1) {
      const query = { size: PAGE_SIZE, page };
      const data = await this.#caller.call({ route: 'listProjects', flow: this.#flow, query, signal });
      const { projects, total } = readProjectPage(data);
      yield* projects;
      seen += projects.length;
      if (projects.length === 0 || seen >= total) return;
    }
  }
}
