import type { UploadSummary } from '@darkslide/client';
import type { Output } from '../context.ts';
import type { View } from './view.ts';

/** One JSON object a line, the summary last. Keys are in snake_case, as in the API. */
export function createJsonView(stdout: Output): View {
  const line = (value: object) => stdout.write(`${JSON.stringify(value, snakeKeys)}\n`);
  return {
    planned() {},
    event: line,
    finish: (summary) => line(summaryRecord(summary)),
    stop: (message) => line({ type: 'stopped', message }),
  };
}

const summaryRecord = (summary: UploadSummary) => ({ type: 'summary', ...summary });

/** Object by object as they are written, so that a summary of 20,000 results is not copied first. */
function snakeKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), inner]));
}

const known = new Map<string, string>();

/** Keys are those of our own types: a few dozen. */
function snake(key: string): string {
  const found = known.get(key) ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  known.set(key, found);
  return found;
}
