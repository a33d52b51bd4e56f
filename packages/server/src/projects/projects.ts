import { randomUUID } from 'node:crypto';
import { apiError, projectNameProblem, type schemas } from '@darkslide/contract';
import type { AccessedProject, Scope } from '../base/scope.ts';
import type { ProjectRow } from '../database/tables.ts';
import type { FileCounts, ProjectTable } from './project-table.ts';

/** Counts the files of projects, by what storage holds. */
export type FileCounter = { count(projects: readonly ProjectRow[]): Promise<Map<number, FileCounts>> };

/** Links to a thumbnail of each project that has one, by the project's id. */
export type ProjectThumbnails = { ofProjects(projects: readonly ProjectRow[]): Promise<Map<number, string>> };

type Options = {
  projects: ProjectTable;
  arrivals: FileCounter;
  thumbnails: ProjectThumbnails;
  now: () => number;
};

/** Projects as their account sees them; anyone else's look like none. */
export class Projects {
  readonly #projects: ProjectTable;
  readonly #arrivals: FileCounter;
  readonly #thumbnails: ProjectThumbnails;
  readonly #now: () => number;

  constructor({ projects, arrivals, thumbnails, now }: Options) {
    this.#projects = projects;
    this.#arrivals = arrivals;
    this.#thumbnails = thumbnails;
    this.#now = now;
  }

  /** Makes a project; without a name it gets one. */
  async create(scope: Scope, name?: string | null): Promise<string> {
    const now = this.#now();
    const uuid = randomUUID();
    const wanted = name ?? `Untitled ${new Date(now).toISOString().slice(0, 10)} ${uuid.slice(0, 8)}`;
    const problem = projectNameProblem(wanted);
    if (problem !== undefined) throw apiError('invalid_project_name', { name: wanted, problem });
    const added = await this.#projects.add(scope, { uuid, name: wanted.normalize('NFC'), now });
    if (!added) throw apiError('project_name_taken', { name: wanted });
    return uuid;
  }

  /** @throws {ApiError} project_not_found */
  async find(scope: Scope, uuid: string): Promise<AccessedProject> {
    const project = /^[0-9a-f-]{36}$/.test(uuid) ? await this.#projects.find(scope, { uuid }) : undefined;
    const { token } = scope;
    if (project === undefined || (token !== undefined && token.project_id !== project.id)) {
      throw apiError('project_not_found', { project: uuid });
    }
    return { ...project, token };
  }

  /** @throws {ApiError} project_not_found */
  async uuidOf(scope: Scope, name: string): Promise<string> {
    const possible = projectNameProblem(name) === undefined;
    const project = possible ? await this.#projects.find(scope, { name: name.normalize('NFC') }) : undefined;
    if (project === undefined) throw apiError('project_not_found', { project: name });
    return project.uuid;
  }

  /** Whether a project could be created with this name. */
  async isFree(scope: Scope, name: string): Promise<boolean> {
    if (projectNameProblem(name) !== undefined) return false;
    return !(await this.#projects.hasName(scope.accountId, name.normalize('NFC')));
  }

  async get(scope: Scope, uuid: string): Promise<schemas.Project> {
    const [item] = await this.#describe([await this.find(scope, uuid)]);
    if (item === undefined) throw apiError('project_not_found', { project: uuid });
    return item;
  }

  /** Newest first. Nothing can be archived yet, so that asking for the archived gives none. */
  async list(scope: Scope, page: { size: number; page: number; archived: boolean }): Promise<schemas.ProjectList> {
    const { size, page: number } = page;
    if (page.archived) return { projects: [], pagination: { total: 0, size, page: number } };
    const { projects, total } = await this.#projects.list(scope, { offset: size * number, limit: size });
    return { projects: await this.#describe(projects), pagination: { total, size, page: number } };
  }

  async #describe(projects: readonly ProjectRow[]): Promise<schemas.Project[]> {
    const counts = await this.#arrivals.count(projects);
    const thumbnails = await this.#thumbnails.ofProjects(projects);
    return projects.map((project) => {
      const { file_count: total, arrived_count: arrived } = counts.get(project.id) ?? project;
      return {
        project_uuid: project.uuid,
        name: project.name,
        status: total === 0 ? 'New' : arrived < total ? 'Uploading' : 'Uploaded',
        created_at: new Date(project.created_at).toISOString(),
        number_of_images: arrived,
        customer_reference_id: project.account_id,
        project_id: null,
        profile: null,
        ai_tools: null,
        thumbnail_src: thumbnails.get(project.id) ?? null,
        export_status: null,
      };
    });
  }
}
