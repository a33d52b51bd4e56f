import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));

/** The environment with the project's own tools first, the pinned Node among them. */
export const ENVIRONMENT = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };

const ON_WINDOWS = process.platform === 'win32';

/** Windows finds npm's commands, which are scripts there, only through a shell; Node itself it starts without one. */
function commandLine(command: string, args: readonly string[]): { program: string; args: string[]; shell: boolean } {
  if (!ON_WINDOWS) return { program: command, args: [...args], shell: false };
  if (command === 'node') return { program: process.execPath, args: [...args], shell: false };
  return { program: [command, ...args].map((word) => `"${word}"`).join(' '), args: [], shell: true };
}

/** Runs a command with its output shown. @throws {Error} when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const { program, args: words, shell } = commandLine(command, args);
  const child = spawn(program, words, { cwd, shell, stdio: 'inherit', env: { ...ENVIRONMENT, ...env } });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

export type Step = { title: string; run: () => Promise<void> };

/** Runs steps in order, with a headline and the time of each. Ends the process with 1 at the first failure. */
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
