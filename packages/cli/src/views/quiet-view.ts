import type { Output } from '../base/context.ts';
import { say } from '../base/output.ts';
import { failureLine, leftOutLines } from './lines.ts';
import type { View } from './view.ts';

/** Prints only errors, and what was left out. */
export const createQuietView = (stderr: Output): View => ({
  planned() {},
  shoot() {},
  event(event) {
    if (event.type === 'notice') say(stderr, event.message);
  },
  finish(summary) {
    if ('leftOut' in summary) for (const line of leftOutLines(summary.leftOut)) say(stderr, line);
    for (const result of summary.results) if (result.status === 'failed') say(stderr, failureLine(result));
  },
  stop(message) {
    say(stderr, message);
  },
});
