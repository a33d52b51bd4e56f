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

/** Puts the figures into docs/storage.md. */
export async function writeCompatibility(suites: readonly Suite[]): Promise<void> {
  let page = await readFile(FILE, 'utf8');
  for (const suite of suites) {
    const place = new RegExp(`(?<=<!-- ${suite.name} -->\\n)[\\s\\S]*?(?=<!-- /${suite.name} -->)`);
    if (!place.test(page)) throw new Error(`${FILE} has no place for the figures of ${suite.name}.`);
    page = page.replace(place, () => render(suite));
  }
  await writeFile(FILE, page);
}

function render({ name, commit, leftOut, reasons, results }: Suite): string {
  const passed = results.filter(({ passes }) => passes).length;
  const byReason = new Map<string, string[]>();
  for (const { test, passes } of results) {
    if (passes) continue;
    const reason = reasons[test] ?? 'no reason is known';
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${test}\``]);
  }
  const failing = [...byReason].sort().map(([reason, tests]) => `| ${reason} | ${tests.sort().join(', ')} |\n`);
  const notRun = leftOut.map(({ names, reason }) => `| ${reason} | \`${names.replaceAll('|', ' ')}\` |\n`);
  return (
    `**${name}** (${commit}): ${passed} of ${results.length} pass. What fails, and why:\n\n| Why | Tests |\n| --- | --- |\n${failing.join('')}` +
    (notRun.length > 0 ? `\nNot run, by their names:\n\n| Why | Names |\n| --- | --- |\n${notRun.join('')}` : '')
  );
}
