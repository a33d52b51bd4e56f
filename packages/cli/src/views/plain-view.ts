import type { Progress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { say } from '../base/output.ts';
import { plannedLines, progressLine, resultLine, retryLine, summaryLines } from './lines.ts';
import type { View } from './view.ts';

/** Progress is a line at most so often, in milliseconds: logs are read later. */
const LINE_EVERY_MS = 5000;

/** Lines for logs and pipes: what is settled, trouble, and progress now and then. */
export function createPlainView(stdout: Output): View {
  const line = (text: string) => say(stdout, text);
  let lastProgress = performance.now();
  const progress = (now: Progress) => {
    if (performance.now() - lastProgress < LINE_EVERY_MS) return;
    lastProgress = performance.now();
    line(progressLine(now));
  };
  return {
    planned: (plan) => plannedLines(plan).forEach(line),
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
          return line('Checking what storage holds …');
        default:
          return;
      }
    },
    finish: (summary) => summaryLines(summary).forEach(line),
    stop: line,
  };
}
