import type { Progress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { say } from '../base/output.ts';
import { plannedLines, progressLine, resultLine, retryLine, summaryLines } from './lines.ts';
import { briefShootLines } from './shoot-lines.ts';
import type { View } from './view.ts';

/** Minimum time between two lines of progress. */
const PROGRESS_INTERVAL_MS = 5000;

/** Lines for logs and pipes: results, retries, and progress from time to time. */
export function createPlainView(stdout: Output): View {
  const line = (text: string) => say(stdout, text);
  let lastProgress = performance.now();
  const progress = (now: Progress) => {
    if (performance.now() - lastProgress < PROGRESS_INTERVAL_MS) return;
    lastProgress = performance.now();
    line(progressLine(now));
  };
  return {
    planned: (plan) => plannedLines(plan).forEach(line),
    shoot: (shoot) => briefShootLines(shoot).forEach(line),
    event(event) {
      switch (event.type) {
        case 'progress':
          return progress(event.progress);
        case 'file-finished':
          return line(resultLine(event.result));
        case 'retrying':
          return line(retryLine(event));
        case 'notice':
          return line(event.message);
        case 'confirming':
          return line('Checking the files in storage …');
        default:
          return;
      }
    },
    finish: (summary) => summaryLines(summary).forEach(line),
    stop: line,
  };
}
