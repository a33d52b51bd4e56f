/**
 * `npm run docs:export` writes docs/openapi.json from the booted app, docs/errors.md from the error catalogue, the index
 * of docs/decisions from its records, and the table of settings in README.md from the one that the program reads. With
 * `--check` it changes nothing and fails if a committed file is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERRORS, isRetryable } from '@darkslide/contract';
import { exportOpenApi } from '@darkslide/server';
import { settingsTable } from '../packages/darkslide/src/settings/settings-text.ts';
import { decisionIndex, FOLDER } from './decisions.ts';
import { ROOT } from './run.ts';

/** Placeholders for what a message names, so that the catalogue reads as the messages do. */
const SAMPLE = new Proxy(
  {},
  { get: (_, name) => ({ parts: [2, 5], allowed: ['GET', 'POST'] })[String(name)] ?? `{${String(name)}}` },
);

function errorCatalogue(): string {
  const rows = Object.entries(ERRORS).map(([code, problem]) => {
    const message = (problem.message as (params: unknown) => string)(SAMPLE);
    return `| \`${code}\` | ${problem.status} | ${isRetryable(code) ? 'yes' : 'no'} | ${message.replaceAll('|', '\\|')} |`;
  });
  return [
    '# Errors',
    '',
    'Every refusal of the API has this shape, with the status of its code:',
    '',
    '```json',
    '{"error": {"code": "project_name_taken", "message": "…", "request_id": "…", "details": []}}',
    '```',
    '',
    '`details` is present only if several items are concerned. *Retry* says whether the same request may succeed later, unchanged.',
    'This page is exported from the catalogue in `packages/contract`; the placeholders in braces are filled in.',
    '',
    '| Code | Status | Retry | Message |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const SETTINGS = /(<!-- settings: [^>]*-->\n)[\s\S]*?(<!-- end of settings -->)/;

/** The README, with the table of settings between its markers. */
async function readme(): Promise<string> {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  if (!SETTINGS.test(text)) throw new Error('README.md has no markers for the table of settings');
  return text.replace(SETTINGS, (_, begin, end) => `${begin}\n${settingsTable()}\n\n${end}`);
}

const documents = {
  'docs/openapi.json': `${JSON.stringify(await exportOpenApi(), null, 2)}\n`,
  'docs/errors.md': errorCatalogue(),
  'README.md': await readme(),
  [`${FOLDER}/README.md`]: decisionIndex(),
};

for (const [file, text] of Object.entries(documents)) {
  const path = join(ROOT, file);
  if (!process.argv.includes('--check')) {
    await writeFile(path, text);
    console.log(`wrote ${file}`);
    continue;
  }
  const committed = await readFile(path, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error(`${file} is stale: run npm run docs:export and commit it.`);
    process.exitCode = 1;
  }
}
