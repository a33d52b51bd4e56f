import { etagShape } from './etags.ts';
import type { Plan } from './plan.ts';
import type { UploadSummary } from './results.ts';

/** A file that is in storage, as a record to keep. */
export type ManifestEntry = {
  name: string;
  path: string;
  /** Bytes. */
  size: number;
  /** ISO 8601, UTC. */
  modifiedAt: string;
  /** Of the whole file, in lower-case hex. */
  md5: string;
  etag: string;
  /** Sent by this run (ISO 8601, UTC), or null where it was there already. */
  uploadedAt: string | null;
};

/**
 * What arrived, with the MD5 of every file. Files that went up in parts are read once more for theirs.
 * @throws {SourceError} where such a file is not the one that was sent any more.
 */
export async function manifestOf(
  plan: Plan,
  summary: UploadSummary,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ManifestEntry[]> {
  const sources = new Map(plan.files.map(({ source }) => [source.path, source]));
  const entries: ManifestEntry[] = [];
  for (const result of summary.results) {
    const source = sources.get(result.path);
    if (result.status === 'failed' || result.etag === null || !source) continue;
    const { name, path, size, etag } = result;
    const known = result.status === 'uploaded' ? result.md5 : md5Within(etag, result.proof);
    const md5 = known ?? (await source.md5({ start: 0, end: size }, { signal }));
    const modifiedAt = new Date(source.modifiedMs).toISOString();
    const uploadedAt = result.status === 'uploaded' ? result.uploadedAt : null;
    entries.push({ name, path, size, modifiedAt, md5, etag, uploadedAt });
  }
  return entries;
}

const md5Within = (etag: string, proof: 'md5' | 'size') =>
  proof === 'md5' && etagShape(etag).kind === 'md5' ? etag : null;
