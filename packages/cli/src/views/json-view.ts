import type { DownloadSummary, UploadSummary } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { shootRecord } from './shoot-lines.ts';
import type { View } from './view.ts';

/** One JSON object per line, the summary last. Keys are in snake_case, as in the API. */
export function createJsonView(stdout: Output): View {
  // Lines of one turn of the event loop are written together, because each write to a pipe is a system call.
  let lines = '';
  const flush = () => {
    if (lines !== '') stdout.write(lines);
    lines = '';
  };
  const add = (value: object) => {
    if (lines === '') setImmediate(flush);
    lines += `${JSON.stringify(value, snakeKeys)}\n`;
  };
  const last = (value: object) => {
    add(value);
    flush();
  };
  return {
    planned() {},
    shoot: (shoot) => add({ type: 'shoot', ...shootRecord(shoot) }),
    event: add,
    finish: (summary) => last(summaryRecord(summary)),
    stop: (message) => last({ type: 'stopped', message }),
  };
}

const summaryRecord = (summary: UploadSummary | DownloadSummary) => ({ type: 'summary', ...summary });

/** A replacer for `JSON.stringify`. It converts one object at a time, so that a summary of 20,000 results is not copied. */
export function snakeKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), inner]));
}

const known = new Map<string, string>();

/** Caches the keys of our own types, which are a few dozen. */
function snake(key: string): string {
  const found = known.get(key) ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  known.set(key, found);
  return found;
}
