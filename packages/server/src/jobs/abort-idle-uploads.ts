import { forEveryUpload } from '../multipart/every-upload.ts';
import type { UploadEnding } from '../multipart/upload-completion.ts';
import type { UploadTable } from '../multipart/upload-table.ts';
import type { ProjectTable } from '../projects/project-table.ts';
import { keyOf } from '../storage/object-keys.ts';
import type { ObjectStore, OpenUpload, UploadRef } from '../storage/object-store.ts';
import type { TrustedClock } from './trusted-clock.ts';

export type SweepResult = { aborted: number; orphans: number };

type Options = {
  projects: ProjectTable;
  uploads: UploadTable;
  ending: UploadEnding;
  store: ObjectStore;
  clock: Pick<TrustedClock, 'now'>;
  /** Milliseconds without a new link and a new part, after which an upload is given up. */
  idle: number;
};

/** Aborts multipart uploads that no client continues: their parts cost space, and no list shows them. */
export class Sweep {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** One pass over all uploads. Ends early, without error, when `signal` aborts: the next pass goes on. */
  async run({ signal }: { signal: AbortSignal }): Promise<SweepResult> {
    // Also has storage tell its time.
    if (this.#options.store.clockAheadMs !== undefined) await this.#options.store.check();
    const result = { aborted: 0, orphans: 0 };
    try {
      result.aborted = await this.#sweepKnown(signal);
    } finally {
      result.orphans = await this.#sweepOrphans(signal);
    }
    return result;
  }

  async #sweepKnown(signal: AbortSignal): Promise<number> {
    const { uploads, ending } = this.#options;
    const before = this.#idleBefore();
    if (before === undefined) return 0;
    let aborted = 0;
    await forEveryUpload({
      signal,
      list: (page) => uploads.listIdle({ before, ...page }),
      work: async (upload) => {
        const ref = { key: keyOf(upload.project_uuid, upload.file_name), uploadId: upload.upload_id };
        if (upload.state === 'open' && (await this.#hasPartSince(ref, before))) return;
        if (await ending.abortIdle(upload.project_uuid, upload)) aborted++;
      },
    });
    return aborted;
  }

  /** Uploads in storage, under keys of our projects, that the database does not have: their start was cut short. */
  async #sweepOrphans(signal: AbortSignal): Promise<number> {
    const { store } = this.#options;
    const before = this.#idleBefore();
    if (before === undefined) return 0;
    let orphans = 0;
    for await (const page of store.openUploads({ signal })) {
      const old = page.filter(({ initiated }) => initiated.getTime() < before);
      for (const upload of await this.#unknownOf(old)) {
        if (signal.aborted) return orphans;
        if (await this.#hasPartSince(upload, before)) continue;
        await store.abortUpload(upload);
        orphans++;
      }
    }
    return orphans;
  }

  /** What was used last before this moment is idle; undefined while the time is not known. */
  #idleBefore(): number | undefined {
    const { clock, store, idle } = this.#options;
    const now = clock.now(store.clockAheadMs?.());
    return now === undefined ? undefined : now - idle;
  }

  async #unknownOf(stored: readonly OpenUpload[]): Promise<OpenUpload[]> {
    const { projects, uploads } = this.#options;
    const uuidOf = ({ key }: OpenUpload) => key.split('/', 1)[0] ?? '';
    const ours = await projects.idsOf([...new Set(stored.map(uuidOf))]);
    const ids = new Map(ours.map(({ id, uuid }) => [uuid, id]));
    const unknown: OpenUpload[] = [];
    for (const upload of stored) {
      const projectId = ids.get(uuidOf(upload));
      if (projectId === undefined) continue;
      const row = await uploads.find(projectId, upload.uploadId);
      if (row === undefined || row.state === 'aborted') unknown.push(upload);
    }
    return unknown;
  }

  async #hasPartSince(upload: UploadRef, moment: number): Promise<boolean> {
    const parts = (await this.#options.store.listParts(upload)) ?? [];
    return parts.some(({ lastModified }) => lastModified.getTime() >= moment);
  }
}
