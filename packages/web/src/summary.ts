import type { UploadSummary } from '@darkslide/client/browser';

/** The summary as the command line prints it: its keys are in snake_case, as in the API. */
export const summaryRecord = (summary: UploadSummary) => snakeKeys({ type: 'summary', ...summary });

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), snakeKeys(inner)]));
}

const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
