import { type Context, type JsonFlag, say, sayJson } from '@darkslide/cli';
import { FolderInUseError, type RebuildReport, rebuildIndex } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import { readConfiguration } from '../settings/configuration.ts';

/** Lost objects in the text for people. JSON has all. */
const MAX_NAMED = 20;

/** Files between two lines of progress. */
const PROGRESS_EVERY_FILES = 10_000;

/** `darkslide store rebuild`. Returns the exit code: 1 if something could not be read, or the store is in use. */
export async function rebuildStore({ env, stdout, stderr }: Context, { json }: JsonFlag): Promise<number> {
  const { dataDir, storage } = readConfiguration(env);
  if (storage.kind === 's3') {
    say(stderr, 'An external S3 is configured, so there is no embedded store whose index could be rebuilt.');
    return 2;
  }
  const progress = (done: number, total: number) => {
    if (json) sayJson(stdout, { type: 'progress', done, total });
    else if (done > 0 && done % PROGRESS_EVERY_FILES === 0) {
      say(stdout, `Read ${number(done)} of ${number(total)} files.`);
    }
  };
  try {
    const report = await rebuildIndex({ dataDir: storeFolder(dataDir), progress });
    const ok = report.unreadable.length === 0 && report.lost.length === 0 && report.damagedChanges === 0;
    if (json) sayJson(stdout, { type: 'summary', ok, ...record(report) });
    else for (const line of describe(report)) say(stdout, line);
    return ok ? 0 : 1;
  } catch (problem) {
    if (!(problem instanceof FolderInUseError)) throw problem;
    say(stderr, 'The store is in use: stop the server first, then run this again.');
    return 1;
  }
}

const record = (report: RebuildReport) => ({
  files: report.blobs,
  objects: report.objects,
  bytes: report.bytes,
  open_uploads: report.openUploads,
  superseded: report.superseded,
  brought_back: report.broughtBack,
  unreadable: report.unreadable,
  lost: report.lost,
  damaged_changes: report.damagedChanges,
  kept_index: report.keptIndex ?? null,
});

function describe(report: RebuildReport): string[] {
  const { blobs, objects, openUploads, superseded, broughtBack, unreadable, lost, damagedChanges, keptIndex } = report;
  const lines = [
    `The new index has ${number(objects)} objects and ${number(openUploads)} open uploads, from ${number(blobs)} files.`,
  ];
  if (superseded > 0) lines.push(`The next start removes ${number(superseded)} files of replaced or deleted objects.`);
  if (broughtBack > 0) {
    lines.push(`${number(broughtBack)} files of lost+found are back in their places, as nothing newer is there.`);
  }
  if (keptIndex !== undefined) {
    lines.push(`The old index is kept as ${keptIndex}. Remove it when you no longer need it.`);
  }
  if (unreadable.length > 0) {
    lines.push(
      `${number(unreadable.length)} files do not describe themselves, and are now in lost+found. Run the uploads again, or restore these files from a backup.`,
    );
  }
  if (lost.length > 0) {
    const named = lost.slice(0, MAX_NAMED).map(({ key }) => JSON.stringify(key));
    const more = lost.length > MAX_NAMED ? ` and ${number(lost.length - MAX_NAMED)} more` : '';
    lines.push(
      `Bytes of these objects are missing on the disk: ${named.join(', ')}${more}. Restore them from a backup.`,
    );
  }
  if (damagedChanges > 0) {
    lines.push(
      `${number(damagedChanges)} lines of the file blobs/changes are damaged: objects that they deleted may be back.`,
    );
  }
  return lines;
}

const number = (value: number) => value.toLocaleString('en');
