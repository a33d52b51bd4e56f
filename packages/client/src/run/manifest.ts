import type { Source } from '../base/ports.ts';
import type { FileResult, SkippedFile, UploadedFile, UploadSummary } from '../base/results.ts';
import { compareInCameraOrder } from '../plan/camera-order.ts';
import type { Plan } from '../plan/plan.ts';
import { etagShape } from '../transfer/etags.ts';

/** A file that is in storage, as a record to keep. */
export type ManifestEntry = {
  name: string;
  path: string;
  /** Bytes. */
  size: number;
  /** ISO 8601, UTC; null where the disk gives a time that is not in the years 1 to 9999. */
  modifiedAt: string | null;
  /** Of the whole file, in lower-case hex. */
  md5: string;
  etag: string;
  /** Sent by this run (ISO 8601, UTC), or null where it was there already. */
  uploadedAt: string | null;
};

/**
 * What arrived, with the MD5 of every file, in camera order. Files that went up in parts are read once more for theirs.
 * A file that another one stands for has an entry of its own, with the name that both are stored by.
 * @throws {SourceError} where such a file is not the one that was sent any more.
 */
export async function manifestOf(
  plan: Plan,
  { results }: Pick<UploadSummary, 'results'>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ManifestEntry[]> {
  const sources = new Map(plan.files.map(({ source }) => [source.path, source]));
  const entries = new Map<string, ManifestEntry>();
  for (const result of results) {
    const source = sources.get(result.path);
    if (!source || !hasArrived(result)) continue;
    const md5 = knownMd5(result) ?? (await source.md5({ start: 0, end: result.size }, { signal }));
    entries.set(result.path, entryOf(source, result, md5));
  }
  for (const { source, original } of plan.copies) {
    const stored = entries.get(original.path);
    if (!stored) continue;
    entries.set(source.path, { ...stored, path: source.path, modifiedAt: isoDate(source.modifiedMs) });
  }
  return [...entries.values()].sort((a, b) => compareInCameraOrder(a.path, b.path));
}

type Arrived = UploadedFile | (SkippedFile & { etag: string });

const hasArrived = (result: FileResult): result is Arrived => result.status !== 'failed' && result.etag !== null;

function entryOf({ path, size, modifiedMs }: Source, result: Arrived, md5: string): ManifestEntry {
  const { name, etag } = result;
  const uploadedAt = result.status === 'uploaded' ? result.uploadedAt : null;
  return { name, path, size, modifiedAt: isoDate(modifiedMs), md5, etag, uploadedAt };
}

function knownMd5(result: Arrived): string | null {
  if (result.status === 'uploaded') return result.md5;
  return result.proof === 'md5' && etagShape(result.etag).kind === 'md5' ? result.etag : null;
}

/** Disks hold times that no date can be made of, or none that XML and other programs read. */
function isoDate(ms: number): string | null {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : null;
}
