import { FolderInUseError, type RebuildReport, rebuildIndex } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import { readConfiguration } from '../settings/configuration.ts';
import type { Context } from './context.ts';

/** At most so many objects are named to people; programs get all. */
const MAX_NAMED = 20;

/** Files between two lines of progress. */
const TELL_EVERY = 10_000;

/** `darkslide store rebuild`: answers the exit code. */
export async function rebuild({ json }: { json: boolean }, context: Context): Promise<number> {
  const { env, out, error } = context;
  const { dataDir, storage } = readConfiguration(env);
  if (storage.kind === 's3') {
    error('Photos go to an S3 of your own here: there is no embedded store whose index could be made anew.');
    return 2;
  }
  const progress = (done: number, total: number) => {
    if (json) out(JSON.stringify({ type: 'progress', done, total }));
    else if (done > 0 && done % TELL_EVERY === 0) out(`Read ${number(done)} of ${number(total)} files.`);
  };
  try {
    const report = await rebuildIndex({ dataDir: storeFolder(dataDir), progress });
    const ok = report.unreadable.length === 0 && report.lost.length === 0 && report.damagedChanges === 0;
    if (json) out(JSON.stringify({ type: 'summary', ok, ...record(report) }));
    else for (const line of describe(report)) out(line);
    return ok ? 0 : 1;
  } catch (problem) {
    if (!(problem instanceof FolderInUseError)) throw problem;
    error('The store is in use: stop the server first, then run this again.');
    return 1;
  }
}

const record = (report: RebuildReport) => ({
  files: report.blobs,
  objects: report.objects,
  bytes: report.bytes,
  open_uploads: report.openUploads,
  superseded: report.superseded,
  unreadable: report.unreadable,
  lost: report.lost,
  damaged_changes: report.damagedChanges,
  kept_index: report.keptIndex ?? null,
});

function describe(report: RebuildReport): string[] {
  const { blobs, objects, openUploads, superseded, unreadable, lost, damagedChanges, keptIndex } = report;
  const lines = [
    `The index is new: ${number(objects)} objects and ${number(openUploads)} open uploads, from ${number(blobs)} files.`,
  ];
  if (superseded > 0) lines.push(`${number(superseded)} files of what was replaced or deleted go at the next start.`);
  if (keptIndex !== undefined) lines.push(`The old index is kept as ${keptIndex}; remove it when all is well.`);
  if (unreadable.length > 0) {
    lines.push(
      `${number(unreadable.length)} files do not say what they are, and are in lost+found now. Run the uploads again, or restore these files from a backup.`,
    );
  }
  if (lost.length > 0) {
    const named = lost.slice(0, MAX_NAMED).map(({ key }) => JSON.stringify(key));
    const more = lost.length > MAX_NAMED ? ` and ${number(lost.length - MAX_NAMED)} more` : '';
    lines.push(`Bytes of these objects are not on the disk: ${named.join(', ')}${more}. Restore them from a backup.`);
  }
  if (damagedChanges > 0) {
    lines.push(`${number(damagedChanges)} lines of the file blobs/changes are damaged: what they deleted may be back.`);
  }
  return lines;
}

const number = (value: number) => value.toLocaleString('en');
