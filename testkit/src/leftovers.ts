import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

/** Programs that run, and folders that are not removed yet. */
const processes = new Set<ChildProcess>();
const folders = new Set<string>();
let isWatching = false;

/** A test file that ends early must leave no program behind. */
export function killAtExit(child: ChildProcess): void {
  processes.add(child);
  child.once('close', () => processes.delete(child));
  watch();
}

/** The same of folders. The function that is answered forgets it, for when it has been removed. */
export function removeAtExit(folder: string): () => void {
  folders.add(folder);
  watch();
  return () => folders.delete(folder);
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const child of processes) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}
