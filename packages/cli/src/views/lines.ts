import type {
  DownloadResult,
  DownloadSummary,
  FailedFile,
  FailureReason,
  FileResult,
  LeftOut,
  Plan,
  Progress,
  UploadEvent,
  UploadSummary,
} from '@darkslide/client';
import { formatBytes, formatDuration, plural } from '../base/units.ts';

/** Sentences of more than one view. */

/** The result of a file, after a word for it. */
export function resultLine(result: FileResult | DownloadResult): string {
  switch (result.status) {
    case 'failed':
      return `failed  ${failureLine(result)}`;
    case 'uploaded':
      return `sent    ${result.name}`;
    case 'downloaded':
      return `fetched ${result.name}`;
    case 'skipped':
      return skippedLine(result);
  }
}

const SKIPPED = { 'already-there': 'already uploaded', 'already-here': 'already here' } as const;

const skippedLine = ({ reason, name, path }: Extract<FileResult | DownloadResult, { status: 'skipped' }>) =>
  reason === 'copy'
    ? `skipped ${path}: another file of this shoot has the same content`
    : `skipped ${name}: ${SKIPPED[reason]}`;

export const failureLine = ({ path, message }: Pick<FailedFile, 'path' | 'message'>) => `${path}: ${message}`;

export const plannedLines = ({ files, bytes, leftOut }: Plan): string[] => [
  files.length === 0 ? 'No photos to upload' : `${plural(files.length, 'file')}, ${formatBytes(bytes)}`,
  ...leftOutLines(leftOut),
];

/** What was found but not taken: one line, or none if there is nothing. */
export function leftOutLines({ notPhotos, hidden, excluded, linksOut, folders }: LeftOut): string[] {
  const thing = (count: number, one: string, many: string) =>
    count === 0 ? [] : [`${count.toLocaleString('en')} ${count === 1 ? one : many}`];
  const parts = [
    ...thing(notPhotos, 'file that is not a photo (--all takes it)', 'files that are not photos (--all takes them)'),
    ...thing(hidden, 'hidden file', 'hidden files'),
    ...thing(excluded, 'excluded', 'excluded'),
    ...thing(linksOut, 'link that leads out of the folder', 'links that lead out of the folder').map(
      (links) => `${links} (--follow-links follows)`,
    ),
    ...folders.flatMap(({ name, count }) => thing(count, `folder ${name}`, `folders ${name}`)),
  ];
  return parts.length === 0 ? [] : [`Left out: ${parts.join(', ')}.`];
}

export function progressLine({ files, bytes, bytesPerSecond, secondsLeft }: Progress): string {
  const settled = files.successful + files.skipped + files.failed;
  const parts = [
    `${settled.toLocaleString('en')} of ${plural(files.total, 'file')}`,
    `${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`,
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(secondsLeft === null ? [] : [`${formatDuration(secondsLeft)} left`]),
    ...(files.failed > 0 ? [`${files.failed.toLocaleString('en')} failed`] : []),
  ];
  return parts.join(', ');
}

export function retryLine({ name, part, delayMs, reason }: Extract<UploadEvent, { type: 'retrying' }>): string {
  const what = name === null ? 'The server' : part === null ? name : `${name}, part ${part}`;
  const when = delayMs === 0 ? 'again now' : `again in ${formatDuration(delayMs / 1000)}`;
  return `${what}: ${reason}; ${when}`;
}

export function summaryLines(summary: UploadSummary | DownloadSummary): string[] {
  if ('folder' in summary) return downloadLines(summary);
  return [...leftOutLines(summary.leftOut), ...outcomeLines(summary)];
}

function outcomeLines(summary: UploadSummary): string[] {
  const { total, successful, failed, skipped, bytes, seconds } = summary;
  if (total === 0) return ['Nothing to upload.'];
  const rate = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : '';
  const sent =
    bytes === 0 ? 'Nothing had to be sent' : `${formatBytes(bytes)} sent in ${formatDuration(seconds)}${rate}`;
  const there =
    skipped > 0 ? ` (${skipped.toLocaleString('en')} ${skipped === 1 ? 'was' : 'were'} already uploaded)` : '';
  if (failed === 0) return [`All ${plural(total, 'file')} uploaded${there}, ${checkedBy(summary)}. ${sent}.`];
  return [
    `${plural(failed, 'file')} of ${total.toLocaleString('en')} failed; ${(successful + skipped).toLocaleString('en')} uploaded${there}. ${sent}.`,
    ...advice(summary),
  ];
}

function downloadLines({
  folder,
  total,
  successful,
  failed,
  skipped,
  bytes,
  seconds,
  results,
}: DownloadSummary): string[] {
  if (total === 0) return ['Nothing to download.'];
  const rate = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : '';
  const fetched =
    bytes === 0 ? 'Nothing had to be fetched' : `${formatBytes(bytes)} fetched in ${formatDuration(seconds)}${rate}`;
  const here = skipped > 0 ? ` (${skipped.toLocaleString('en')} ${skipped === 1 ? 'was' : 'were'} there already)` : '';
  if (failed === 0) {
    const bySize = results.some((result) => result.status !== 'failed' && result.proof === 'size');
    const proof = bySize ? 'size' : 'size and MD5';
    return [`All ${plural(total, 'file')} in ${folder}${here}, verified by ${proof}. ${fetched}.`];
  }
  return [
    `${plural(failed, 'file')} of ${total.toLocaleString('en')} failed; ${(successful + skipped).toLocaleString('en')} in ${folder}${here}. ${fetched}.`,
    'Run the same command again to fetch what is missing.',
  ];
}

/** Failures that end with their cause: the file itself need not be changed. */
const TRANSIENT: ReadonlySet<FailureReason> = new Set(['changed', 'mismatch', 'refused', 'unavailable', 'unconfirmed']);

function advice({ results }: UploadSummary): string[] {
  const reasons = new Set(results.flatMap((result) => (result.status === 'failed' ? [result.reason] : [])));
  const again = reasons.intersection(TRANSIENT).size > 0;
  return [
    ...(reasons.has('conflict')
      ? ['To replace the files that the project contains under these names, use --overwrite.']
      : []),
    again
      ? 'Run the same command again to send what is missing.'
      : 'Fix the problem, then run the same command again: uploaded files are not sent again.',
  ];
}

function checkedBy({ confirmedBy, results }: UploadSummary): string {
  const bySize = results.some((result) => result.status !== 'failed' && result.proof === 'size');
  const by = bySize ? 'size' : 'size and MD5';
  return confirmedBy === 'listing'
    ? `verified by ${by} against what storage lists`
    : `verified by ${by} when storage received them`;
}
