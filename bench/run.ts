/**
 * `npm run bench -- NAME…` runs the named measurements and prints each side's figure and the ratio; without a name, all.
 * Both sides of a ratio are always measured in the same run.
 */
import { globSync } from 'node:fs';
import { basename } from 'node:path';

export type Ratio = { name: string; value: number; atLeast?: number; atMost?: number };
export type Measurement = { rows: { side: string; figure: string }[]; ratios: Ratio[] };
export type Benchmark = { description: string; target: string; run: () => Promise<Measurement> };

const available = globSync('*.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run')
  .sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${available.join(', ')}.`);
  process.exit(2);
}

for (const name of asked.length > 0 ? asked : available) {
  const benchmark = (await import(`./${name}.ts`)) as Benchmark;
  console.log(`\n${name}: ${benchmark.description}\n  target: ${benchmark.target}`);
  const { rows, ratios } = await benchmark.run();
  const width = Math.max(...rows.map((row) => row.side.length));
  for (const row of rows) console.log(`  ${row.side.padEnd(width)}  ${row.figure}`);
  for (const ratio of ratios) console.log(`  ${verdict(ratio)}`);
}

function verdict({ name, value, atLeast, atMost }: Ratio): string {
  const met = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const judged = atLeast === undefined && atMost === undefined ? '' : ` (${bound}: ${met ? 'met' : 'MISSED'})`;
  return `${name}: ${value.toFixed(2)}${judged}`;
}
