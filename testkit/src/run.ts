import { spawn } from 'node:child_process';

export type RunOptions = {
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** Runs as another user; for root only. */
  uid?: number;
  gid?: number;
  /** Given to the program's standard input, which is closed after it. */
  input?: string;
  /** After which the program is killed; milliseconds. */
  timeoutMs?: number;
};

export type RunResult = { code: number | null; stdout: string; stderr: string };

const DEFAULT_TIMEOUT_MS = 120_000;

/** Runs a program to its end, whatever its exit code. @throws {Error} when it can't be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = {}, input = '', timeoutMs = DEFAULT_TIMEOUT_MS, ...where } = options;
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const child = spawn(command, args, { ...where, env: { ...process.env, ...env }, stdio: 'pipe' });
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`${command} ${args.join(' ')} took longer than ${timeoutMs} ms.`));
  }, timeoutMs);
  const result: RunResult = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  child.on('error', (error) => {
    clearTimeout(timer);
    reject(error);
  });
  child.on('close', (code) => {
    clearTimeout(timer);
    resolve({ ...result, code });
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return promise;
}

/** The same, for programs that must succeed. @throws {Error} with what the program said when its exit code is not 0. */
export async function runOk(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult> {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const said = (result.stderr || result.stdout).trim().slice(-2000);
  throw new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${result.code}: ${said}`);
}
