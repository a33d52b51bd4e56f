import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decisionIndex, decisions, FOLDER } from './decisions.ts';
import { ROOT } from './run.ts';

const records = decisions();

test('every decision has its own number, that of its file', () => {
  assert.ok(records.length > 0);
  for (const { file, number } of records) assert.equal(file.slice(0, 4), number);
  assert.equal(new Set(records.map(({ number }) => number)).size, records.length);
});

test('every decision says context, decision and consequences, in this order', () => {
  const orders = ['Context,Decision,Consequences', 'Context,Decision,Figure,Consequences'];
  const wrong = records.filter(({ headings }) => !orders.includes(headings.join()));
  assert.deepEqual(wrong, []);
});

test('a decision that is superseded names its successor, which names it', () => {
  for (const { number, status } of records) {
    const successor = /^superseded by \[(\d{4})\]/.exec(status)?.[1];
    if (!status.startsWith('superseded')) continue;
    const found = records.find((record) => record.number === successor);
    assert.match(
      found?.status ?? '',
      new RegExp(`supersedes \\[${number}\\]`),
      `${number} is superseded by ${successor}`,
    );
  }
});

test('the index lists every decision: npm run docs:export writes it', () => {
  assert.equal(readFileSync(join(ROOT, FOLDER, 'README.md'), 'utf8'), decisionIndex());
});
