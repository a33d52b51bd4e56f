import type { Family } from '@darkslide/contract';
import { RefusedError } from '../base/errors.ts';
import type { ApiCaller } from './caller.ts';
import { type ProjectItem, readProject, readProjectPage, readProjectUuid } from './responses.ts';

type Options = { signal?: AbortSignal | undefined };

const PAGE_SIZE = 100;

/** The calls about projects as such, in one family. All methods throw what `ApiCaller.call` throws. */
export class ProjectsApi {
  readonly #caller: ApiCaller;
  readonly #family: Family;

  constructor({ caller, family }: { caller: ApiCaller; family: Family }) {
    this.#caller = caller;
    this.#family = family;
  }

  /** @throws {RefusedError} with status 409 where the account has a project of this name already. */
  async create({ name }: { name?: string | undefined } = {}, { signal }: Options = {}): Promise<string> {
    const body = name === undefined ? {} : { name };
    return readProjectUuid(await this.#caller.call({ route: 'createProject', family: this.#family, body, signal }));
  }

  /** The uuid of the project of this name, or undefined where there is none in this family. */
  async find(name: string, { signal }: Options = {}): Promise<string | undefined> {
    try {
      const params = { name };
      const data = await this.#caller.call({ route: 'projectUuid', family: this.#family, params, signal });
      return readProjectUuid(data);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  async get(projectUuid: string, { signal }: Options = {}): Promise<ProjectItem> {
    const params = { project_uuid: projectUuid };
    return readProject(await this.#caller.call({ route: 'getProject', family: this.#family, params, signal }));
  }

  /** Newest first, asked for page by page as they are taken. */
  async *list({ signal }: Options = {}): AsyncIterable<ProjectItem> {
    for (let page = 0, seen = 0; ; page += 1) {
      const query = { size: PAGE_SIZE, page };
      const data = await this.#caller.call({ route: 'listProjects', family: this.#family, query, signal });
      const { projects, total } = readProjectPage(data);
      yield* projects;
      seen += projects.length;
      if (projects.length === 0 || seen >= total) return;
    }
  }
}
