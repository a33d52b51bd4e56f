import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pinnedNode } from '@darkslide/testkit';
import { cpuSecondsOf } from './cpu-seconds.ts';

/** A server of the bench's own in another process, so that what it costs can be told apart. */
export type ScriptServer = AsyncDisposable & { url: string; cpuSeconds(): Promise<number> };

/** Starts a script of this folder, in TypeScript or Python, that prints its URL as the first line. */
export async function startScript(script: string, args: readonly string[] = []): Promise<ScriptServer> {
  const interpreter = script.endsWith('.py') ? 'python3' : pinnedNode();
  const child = spawn(interpreter, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(child.pid as number),
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
}
