import type { Output } from '../context.ts';
import { failureLine, leftOutLines } from './lines.ts';
import type { View } from './view.ts';

/** Says nothing but what went wrong, and what was left out. */
export const createQuietView = (stderr: Output): View => ({
  planned() {},
  event(event) {
    if (event.type === 'notice') stderr.write(`${event.message}\n`);
  },
  finish({ results, leftOut }) {
    for (const line of leftOutLines(leftOut)) stderr.write(`${line}\n`);
    for (const result of results) if (result.status === 'failed') stderr.write(`${failureLine(result)}\n`);
  },
  stop(message) {
    stderr.write(`${message}\n`);
  },
});
