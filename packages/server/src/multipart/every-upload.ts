import type { UploadOfProject, UploadPage } from './upload-table.ts';

const PAGE = 100;
/** After this many failures in a row the fault is not with the uploads. */
const MOST_FAILURES = 5;

type Options = {
  list: (page: UploadPage) => Promise<UploadOfProject[]>;
  work: (upload: UploadOfProject) => Promise<void>;
  signal: AbortSignal;
};

/**
 * Does the work for every upload, page by page, until `signal` aborts. One that fails does not keep the others waiting;
 * several in a row end it, as storage or database are away then.
 * @throws what the last failure was, when the rest is done or given up.
 */
export async function forEveryUpload({ list, work, signal }: Options): Promise<void> {
  let failure: { error: unknown } | undefined;
  let inARow = 0;
  let after: UploadOfProject | undefined;
  do {
    const page = await list({ after, limit: PAGE });
    for (const upload of page) {
      if (signal.aborted || inARow === MOST_FAILURES) break;
      try {
        await work(upload);
        inARow = 0;
      } catch (error) {
        failure = { error };
        inARow += 1;
      }
    }
    after = page.at(-1);
  } while (after !== undefined && !signal.aborted && inARow < MOST_FAILURES);
  if (failure !== undefined) throw failure.error;
}
