import type { UploadSummary } from '@darkslide/client';
import type { Output } from '../context.ts';
import type { View } from './view.ts';

/** One JSON object a line, the summary last. Keys are in snake_case, as in the API. */
export function createJsonView(stdout: Output): View {
  const line = (value: object) => stdout.write(`${JSON.stringify(snakeKeys(value))}\n`);
  return {
    planned() {},
    event: line,
    finish: (summary) => line(summaryRecord(summary)),
    stop: (message) => line({ type: 'stopped', message }),
  };
}

const summaryRecord = (summary: UploadSummary) => ({ type: 'summary', ...summary });

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), snakeKeys(inner)]));
}

const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
