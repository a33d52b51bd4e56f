import type { UploadOfProject, UploadTable } from '../database/uploads.ts';
import type { UploadEnding } from './upload-ending.ts';

const PAGE = 100;

type Options = { uploads: UploadTable; ending: UploadEnding };

/**
 * Finishes completes and aborts whose node died, or could not tell what storage did. A client that asks again has them
 * finished by that; this is for the clients that don't.
 */
export class LeftEndings {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** One pass over all of them. Ends early, without error, when `signal` aborts. */
  async run({ signal }: { signal: AbortSignal }): Promise<{ finished: number }> {
    const { uploads, ending } = this.#options;
    let finished = 0;
    let after: UploadOfProject | undefined;
    while (!signal.aborted) {
      const page = await uploads.listLeft({ after, limit: PAGE });
      for (const upload of page) {
        if (signal.aborted) break;
        await ending.finish(upload.project_uuid, upload);
        finished++;
      }
      after = page.at(-1);
      if (after === undefined) break;
    }
    return { finished };
  }
}
