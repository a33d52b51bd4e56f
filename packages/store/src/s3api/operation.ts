import type { Known } from './known.ts';
import type { S3Request } from './request.ts';
import type { S3Response } from './response.ts';
import type { Store } from './store.ts';

/** @throws {S3Error}; then nothing has changed */
type Run = (request: S3Request, store: Store) => Promise<S3Response>;

/** One S3 call, and all that it knows to be asked for. */
export type Operation = { known: Known; run: Run };

export const operation = (known: Known, run: Run): Operation => ({ known, run });
