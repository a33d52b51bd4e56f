import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../run.ts';

/** What became of one test, and what it said where it failed. */
export type Result = { test: string; passes: boolean; said: string };

/** Tests by a pattern of their names, and why they are not run. */
export type LeftOut = { names: string; reason: string };

export type Suite = {
  name: string;
  /** Of the checkout. */
  commit: string;
  leftOut: readonly LeftOut[];
  /** Why a test fails, by its name. */
  reasons: Readonly<Record<string, string>>;
  results: readonly Result[];
};

const FILE = join(ROOT, 'docs', 'storage.md');
const PLACE = /(?<=<!-- compatibility -->\n)[\s\S]*?(?=<!-- \/compatibility -->)/;

/** Puts the figures into docs/storage.md. */
export async function writeCompatibility(suites: readonly Suite[]): Promise<void> {
  const page = await readFile(FILE, 'utf8');
  if (!PLACE.test(page)) throw new Error(`${FILE} has no place for the figures.`);
  await writeFile(
    FILE,
    page.replace(PLACE, () => render(suites)),
  );
}

function render(suites: readonly Suite[]): string {
  const figures = suites.map(({ name, commit, results }) => {
    const passed = results.filter(({ passes }) => passes).length;
    return `| ${name} | ${commit} | ${results.length} | ${passed} | ${results.length - passed} |\n`;
  });
  const head = '| Tests | Commit | Run | Pass | Fail |\n| --- | --- | --- | --- | --- |\n';
  return `${head}${figures.join('')}\n${suites.map(renderSuite).join('\n')}`;
}

function renderSuite({ name, leftOut, reasons, results }: Suite): string {
  const byReason = new Map<string, string[]>();
  for (const { test, passes } of results) {
    if (passes) continue;
    const reason = reasons[test] ?? 'no reason is known';
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${test}\``]);
  }
  const failing = [...byReason].map(([reason, tests]) => `| ${reason} | ${tests.join(', ')} |\n`);
  const notRun = leftOut.map(({ names, reason }) => `| ${reason} | \`${names.replaceAll('|', ' ')}\` |\n`);
  return (
    `**${name}**, what fails, and why:\n\n| Why | Tests |\n| --- | --- |\n${failing.join('')}` +
    (notRun.length > 0 ? `\nNot run, by their names:\n\n| Why | Names |\n| --- | --- |\n${notRun.join('')}` : '')
  );
}
