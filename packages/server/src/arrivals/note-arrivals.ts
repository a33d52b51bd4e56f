import type { ProjectTable } from '../projects/project-table.ts';
import type { Arrivals } from './arrivals.ts';

/** Projects that one pass asks storage about: of the newest, and of the others in turn. */
const NEWEST = 16;
const IN_TURN = 16;

/**
 * Notes what has arrived in projects that wait for files, also where no client asks. A pass asks storage about a bounded
 * number of projects: the newest each time, the others in turn.
 */
export class NoteArrivals {
  readonly #projects: ProjectTable;
  readonly #arrivals: Arrivals;
  /** The id after which the next turn begins. */
  #reached = 0;

  constructor({ projects, arrivals }: { projects: ProjectTable; arrivals: Arrivals }) {
    this.#projects = projects;
    this.#arrivals = arrivals;
  }

  async hasWork(): Promise<boolean> {
    return (await this.#projects.newestWaiting(1)).length > 0;
  }

  /** One pass. */
  async run(): Promise<{ files: number }> {
    const newest = await this.#projects.newestWaiting(NEWEST);
    const inTurn = await this.#projects.listWaiting({ after: this.#reached, limit: IN_TURN });
    this.#reached = inTurn.length < IN_TURN ? 0 : (inTurn.at(-1)?.id ?? 0);
    const projects = [...new Map([...newest, ...inTurn].map((project) => [project.id, project])).values()];
    const counts = await this.#arrivals.count(projects);
    const arrived = projects.map(({ id, arrived_count }) => (counts.get(id)?.arrived_count ?? 0) - arrived_count);
    return { files: arrived.reduce((sum, count) => sum + Math.max(0, count), 0) };
  }
}
