import type { FailedFile, LocalPlan, Progress, UploadEvent, UploadSummary } from '@darkslide/client';
import { formatBytes, formatDuration, plural } from '../units.ts';

/** Sentences that more than one view says. */

export const failureLine = ({ path, message }: FailedFile) => `${path}: ${message}`;

export function plannedLine({ files, bytes, leftOutCount }: LocalPlan): string {
  const left = leftOutCount > 0 ? `; ${plural(leftOutCount, 'file')} left out as not photos (--all takes them)` : '';
  return `${plural(files.length, 'file')}, ${formatBytes(bytes)}${left}`;
}

export function progressLine({ files, bytes, bytesPerSecond, secondsLeft }: Progress): string {
  const settled = files.successful + files.skipped + files.failed;
  const parts = [
    `${settled.toLocaleString('en')} of ${plural(files.total, 'file')}`,
    `${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`,
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(secondsLeft === null ? [] : [`${formatDuration(secondsLeft)} left`]),
    ...(files.failed > 0 ? [`${files.failed} failed`] : []),
  ];
  return parts.join(', ');
}

export function retryLine({ name, part, delayMs, reason }: Extract<UploadEvent, { type: 'retrying' }>): string {
  const what = name === null ? 'The server' : part === null ? name : `${name}, part ${part}`;
  const when = delayMs === 0 ? 'again now' : `again in ${formatDuration(delayMs / 1000)}`;
  return `${what}: ${reason}; ${when}`;
}

export function summaryLines(summary: UploadSummary): string[] {
  const { total, successful, failed, skipped, bytes, seconds } = summary;
  if (total === 0) return ['There was nothing to send.'];
  const rate = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : '';
  const sent =
    bytes === 0 ? 'Nothing had to be sent' : `${formatBytes(bytes)} sent in ${formatDuration(seconds)}${rate}`;
  const there = skipped > 0 ? ` (${skipped.toLocaleString('en')} were there already)` : '';
  if (failed === 0) return [`All ${plural(total, 'file')} arrived${there}, ${checkedBy(summary)}. ${sent}.`];
  return [
    `${plural(failed, 'file')} of ${total.toLocaleString('en')} did not arrive; ${(successful + skipped).toLocaleString('en')} did${there}. ${sent}.`,
    'Run the same command again to send what is missing.',
  ];
}

function checkedBy({ confirmedBy, results }: UploadSummary): string {
  const bySize = results.some((result) => result.status !== 'failed' && result.proof === 'size');
  const by = bySize ? 'size' : 'size and MD5';
  return confirmedBy === 'listing'
    ? `checked by ${by} against what storage lists`
    : `checked by ${by} as storage took them`;
}
