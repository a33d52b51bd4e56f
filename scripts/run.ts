import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));

/** The environment with the project's own tools first, the pinned Node among them. */
export const ENVIRONMENT = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };

/** Runs a command with its output shown. @throws {Error} when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: 'inherit', env: { ...ENVIRONMENT, ...env } });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

export type Step = { title: string; run: () => Promise<void> };

/** Runs steps one after the other with a headline and the time of each, and ends the process with 1 at the first failure. */
export async function steps(list: readonly Step[]): Promise<void> {
  for (const step of list) {
    console.log(`\n▶ ${step.title}`);
    const began = performance.now();
    try {
      await step.run();
    } catch (error) {
      console.error(`✖ ${step.title}: ${error instanceof Error ? error.message : error}`);
      process.exit(1);
    }
    console.log(`✔ ${step.title} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }
}
