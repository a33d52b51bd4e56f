import { forEveryUpload } from '../multipart/every-upload.ts';
import type { UploadEnding } from '../multipart/upload-completion.ts';
import type { UploadTable } from '../multipart/upload-table.ts';

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
    await forEveryUpload({
      signal,
      list: (page) => uploads.listLeft(page),
      work: async (upload) => {
        await ending.finish(upload.project_uuid, upload);
        finished++;
      },
    });
    return { finished };
  }
}
