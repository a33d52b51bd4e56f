import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pinnedNode, temporaryFolder } from '@darkslide/testkit';
import { cpuSecondsOf } from './cpu-seconds.ts';
import type { PhotoSet } from './photo-set.ts';

export type Sink = AsyncDisposable & {
  apiUrl: string;
  /** What it has used so far: the less, the more of the machine is left to who sends. */
  cpuSeconds(): Promise<number>;
};

/** A server that takes uploads of these photos at little cost and keeps nothing, in a process of its own. */
export async function startSink({ photos }: PhotoSet): Promise<Sink> {
  const folder = await temporaryFolder('darkslide-bench-sink');
  const etags = join(folder.path, 'etags.json');
  await writeFile(etags, JSON.stringify(Object.fromEntries(photos.map(({ name, md5 }) => [name, md5]))));
  const script = join(import.meta.dirname, 'sink-server.ts');
  const child = spawn(pinnedNode(), [script, etags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [apiUrl] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    apiUrl,
    cpuSeconds: () => cpuSecondsOf(child.pid as number),
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close');
      child.kill();
      await closed;
      await folder.remove();
    },
  };
}
