import { MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
import { arrivedAmong } from '../arrivals/arrived-names.ts';
import type { FileTable, UnusedName } from '../arrivals/file-table.ts';
import { listedFile } from '../arrivals/stored-files.ts';
import type { ProjectTable } from '../projects/project-table.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Deletion } from './deletion.ts';

const NAMES = 1000;
const PROJECTS = 100;
/** Beyond the longest life of a link, a PUT that was begun in time may still arrive. In milliseconds. */
const LATE = (MAX_LINK_TTL_SECONDS + 24 * 60 * 60) * 1000;

type Options = {
  projects: ProjectTable;
  files: FileTable;
  deletion: Deletion;
  store: ObjectStore;
  now: () => number;
};

/**
 * Removes names that tokens asked for and never used, once the tokens have expired, so that no project waits for them.
 * Removes too what late PUTs bring into projects that were deleted.
 */
export class LeftNames {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** One pass. Ends early, without error, when `signal` aborts. */
  async run({ signal }: { signal: AbortSignal }): Promise<{ names: number }> {
    const { files, now } = this.#options;
    let names = 0;
    while (!signal.aborted) {
      const unused = await files.unused({ now: now(), limit: NAMES });
      for (const group of byTokenAndProject(unused)) await this.#settle(group);
      names += unused.length;
      if (unused.length < NAMES) break;
    }
    await this.#clearDeleted(signal);
    return { names };
  }

  /** Those that arrived without anybody having looked are recorded, the others go. */
  async #settle(group: UnusedName[]): Promise<void> {
    const { files, store } = this.#options;
    const [first] = group;
    if (first === undefined) return;
    const names = group.map(({ name }) => name);
    const arrived = await arrivedAmong(store, first.project_uuid, names);
    await files.store(
      first.project_id,
      [...arrived].map(([name, object]) => listedFile(name, object)),
    );
    const gone = names.filter((name) => !arrived.has(name));
    await files.drop(first.project_id, first.only_token_id, gone);
  }

  async #clearDeleted(signal: AbortSignal): Promise<void> {
    const { projects, deletion, now } = this.#options;
    let after = 0;
    for (let more = true; more && !signal.aborted; ) {
      const page = await projects.listDeleted({ after, limit: PROJECTS });
      for (const { id, uuid, deleted_at } of page) {
        if (signal.aborted) return;
        await deletion.clear(uuid);
        if (now() - (deleted_at ?? 0) > LATE) await projects.forget(id);
        after = id;
      }
      more = page.length === PROJECTS;
    }
  }
}

function byTokenAndProject(unused: readonly UnusedName[]): UnusedName[][] {
  const groups = Object.groupBy(unused, ({ project_id, only_token_id }) => `${project_id} ${only_token_id}`);
  return Object.values(groups).filter((group) => group !== undefined);
}
