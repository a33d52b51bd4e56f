import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@darkslide/testkit';
import { ROOT } from './run.ts';

/** What one engine answered, by its name and version. */
export type Column = { engine: string; findings: readonly Finding[] };

const FILE = join(ROOT, 'docs', 'storage.md');
const TABLE = /(?<=<!-- answers -->\n)[\s\S]*?(?=<!-- \/answers -->)/;

function render(columns: readonly Column[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const answersTo = (question: string) =>
    columns.map(({ findings }) => findings.find((finding) => finding.question === question)?.answer ?? '');
  const [first] = columns;
  let table = row(['', ...columns.map(({ engine }) => engine)]) + row(['---', ...columns.map(() => '---')]);
  let topic = '';
  for (const finding of first?.findings ?? []) {
    if (finding.topic !== topic) table += row([`**${finding.topic}**`, ...columns.map(() => '')]);
    topic = finding.topic;
    table += row([finding.question, ...answersTo(finding.question)]);
  }
  return table;
}

/** Puts the answers into docs/storage.md. */
export async function writeTable(columns: readonly Column[]): Promise<void> {
  const page = await readFile(FILE, 'utf8');
  if (!TABLE.test(page)) throw new Error(`${FILE} has no place for the table.`);
  await writeFile(
    FILE,
    page.replace(TABLE, () => render(columns)),
  );
}

/**
 * Compares the responds with docs/storage.md. Another version of an engine may answer otherwise, and is not compared.
 * @throws {Error} naming the answers that differ.
 */
export async function checkTable(columns: readonly Column[]): Promise<void> {
  const rows = (TABLE.exec(await readFile(FILE, 'utf8'))?.[0] ?? '').trim().split('\n').map(cellsOf);
  const [head = []] = rows;
  const differences: string[] = [];
  for (const { engine, findings } of columns) {
    const at = head.indexOf(engine);
    if (at === -1) {
      console.log(`docs/storage.md is about other versions than ${engine}; its answers were not compared.`);
      continue;
    }
    for (const { question, answer } of findings) {
      const told = rows.find(([asked]) => asked === question)?.[at];
      if (told !== answer) differences.push(`${engine}, ${question}: it answers "${answer}", told is "${told}"`);
    }
  }
  if (differences.length > 0) {
    throw new Error(`docs/storage.md is stale; npm run docs:storage renews it.\n${differences.join('\n')}`);
  }
}

const cellsOf = (row: string) =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
