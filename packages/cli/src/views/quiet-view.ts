import type { Output } from '../context.ts';
import { failureLine } from './lines.ts';
import type { View } from './view.ts';

/** Says nothing but what went wrong. */
export const createQuietView = (stderr: Output): View => ({
  planned() {},
  event(event) {
    if (event.type === 'notice') stderr.write(`${event.message}\n`);
  },
  finish({ results }) {
    for (const result of results) if (result.status === 'failed') stderr.write(`${failureLine(result)}\n`);
  },
  stop(message) {
    stderr.write(`${message}\n`);
  },
});
