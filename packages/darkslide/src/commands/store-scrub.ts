import type { DamagedObject, ScrubProgress, ScrubReport } from '@darkslide/store';
import { readConfiguration } from '../settings/configuration.ts';
import type { Context } from './context.ts';

/** How often progress is told, in milliseconds: on a terminal, and in a log. */
const TELL_MS = { terminal: 500, log: 10_000 };

/** `darkslide store scrub`: answers the exit code. */
export async function scrub({ json }: { json: boolean }, context: Context): Promise<number> {
  const { env, out, error, terminal } = context;
  const { dataDir, storage } = readConfiguration(env);
  if (storage.kind === 's3') {
    error('Photos go to an S3 of your own here: there is no embedded store to scrub.');
    return 2;
  }
  const { scrubFolder } = await import('@darkslide/store');
  const { storeFolder } = await import('../runtime/embedded-store.ts');
  const tell = progressTeller(error, terminal);
  const report = await scrubFolder({ dataDir: storeFolder(dataDir), onProgress: tell });
  if (json) {
    for (const object of report.damagedObjects) out(JSON.stringify({ type: 'damaged', ...object }));
    out(JSON.stringify({ type: 'summary', ...summaryOf(report) }));
  } else {
    for (const object of report.damagedObjects) out(`damaged  ${describe(object)}`);
    out(conclusion(report));
  }
  return report.damagedBlobs === 0 ? 0 : 1;
}

const REASONS: Record<DamagedObject['reason'], string> = {
  missing: 'its file is missing',
  short: 'its file is too short',
  changed: 'its bytes have changed',
  unreadable: 'the disk does not give its bytes back',
};

/** Names are a client's: nothing in them reaches a terminal as it is. */
const describe = ({ bucket, key, reason }: DamagedObject) =>
  `${JSON.stringify(`${bucket}/${key}`)}: ${REASONS[reason]}`;

function conclusion({ blobs, bytes, damagedBlobs, damagedObjects }: ScrubReport): string {
  const read = `${blobs.toLocaleString('en')} files with ${mebibytes(bytes)} were read`;
  if (damagedBlobs === 0) return `Nothing is damaged: ${read}, and all are right.`;
  const uploads = damagedObjects.length === 0 ? ', all of uploads that are not complete' : '';
  return `${damagedBlobs.toLocaleString('en')} of ${read} are damaged${uploads}. Upload those photos again, or put the files back from a backup.`;
}

const summaryOf = ({ blobs, bytes, damagedBlobs, damagedObjects }: ScrubReport) => ({
  blobs,
  bytes,
  damaged_blobs: damagedBlobs,
  damaged_objects: damagedObjects.length,
});

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MiB`;

/** Tells of progress now and then, on standard error. */
function progressTeller(error: (line: string) => void, terminal: boolean): (progress: ScrubProgress) => void {
  const every = terminal ? TELL_MS.terminal : TELL_MS.log;
  let toldAt = performance.now();
  return ({ bytes, totalBytes }) => {
    if (performance.now() - toldAt < every) return;
    toldAt = performance.now();
    error(`${mebibytes(bytes)} of ${mebibytes(totalBytes)} checked`);
  };
}
