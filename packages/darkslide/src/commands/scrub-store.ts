import { type Context, type JsonFlag, say, sayJson } from '@darkslide/cli';
import { type DamagedObject, type ScrubProgress, type ScrubReport, scrubFolder } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import { readConfiguration } from '../settings/configuration.ts';

/** Milliseconds between two lines of progress: on a terminal, and in a log. */
const PROGRESS_INTERVAL_MS = { terminal: 500, log: 10_000 };

/** `darkslide store scrub`. Returns the exit code: 1 if something is damaged. */
export async function scrubStore({ env, stdout, stderr }: Context, { json }: JsonFlag): Promise<number> {
  const { dataDir, storage } = readConfiguration(env);
  if (storage.kind === 's3') {
    say(stderr, 'An external S3 is configured, so there is no embedded store to scrub.');
    return 2;
  }
  const onProgress = progressPrinter((line) => say(stderr, line), stdout.isTTY === true);
  const report = await scrubFolder({ dataDir: storeFolder(dataDir), onProgress });
  if (json) {
    for (const object of report.damagedObjects) sayJson(stdout, { type: 'damaged', ...object });
    sayJson(stdout, { type: 'summary', ...summaryOf(report) });
  } else {
    for (const object of report.damagedObjects) say(stdout, `damaged  ${describe(object)}`);
    say(stdout, conclusion(report));
  }
  return report.damagedBlobs === 0 ? 0 : 1;
}

const REASONS: Record<DamagedObject['reason'], string> = {
  missing: 'its file is missing',
  short: 'its file is too short',
  changed: 'its bytes have changed',
  unreadable: 'the disk cannot read its bytes',
};

/** Clients choose the names, so nothing in them reaches a terminal unchanged. */
const describe = ({ bucket, key, reason }: DamagedObject) =>
  `${JSON.stringify(`${bucket}/${key}`)}: ${REASONS[reason]}`;

function conclusion({ blobs, bytes, damagedBlobs, damagedObjects }: ScrubReport): string {
  const read = `${blobs.toLocaleString('en')} files with ${mebibytes(bytes)}`;
  if (damagedBlobs === 0) return `Nothing is damaged: read ${read}, and all match their MD5s.`;
  const uploads = damagedObjects.length === 0 ? ', all of uploads that are not complete' : '';
  return `${damagedBlobs.toLocaleString('en')} of ${read} are damaged${uploads}. Upload those photos again, or restore the files from a backup.`;
}

const summaryOf = ({ blobs, bytes, damagedBlobs, damagedObjects }: ScrubReport) => ({
  blobs,
  bytes,
  damaged_blobs: damagedBlobs,
  damaged_objects: damagedObjects.length,
});

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MiB`;

function progressPrinter(print: (line: string) => void, terminal: boolean): (progress: ScrubProgress) => void {
  const intervalMs = terminal ? PROGRESS_INTERVAL_MS.terminal : PROGRESS_INTERVAL_MS.log;
  let printedAt = performance.now();
  return ({ bytes, totalBytes }) => {
    if (performance.now() - printedAt < intervalMs) return;
    printedAt = performance.now();
    print(`${mebibytes(bytes)} of ${mebibytes(totalBytes)} checked`);
  };
}
