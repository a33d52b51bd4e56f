import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages, isOnPath, temporaryFolder } from '@darkslide/testkit';
import type { PhotoSet } from './photo-set.ts';
import { startScript } from './script.ts';

export type Sink = AsyncDisposable & {
  apiUrl: string;
  /** What it has used so far: the less, the more of the machine is left to who sends. */
  cpuSeconds(): Promise<number>;
};

/**
 * A server that takes uploads of these photos at little cost and keeps nothing, in a process of its own.
 * @throws {ToolMissingError} when Python is not here and can't be installed.
 */
export async function startSink({ photos }: PhotoSet): Promise<Sink> {
  await ensurePackages({ packages: ['python3'], isThere: () => isOnPath('python3') });
  const folder = await temporaryFolder('darkslide-bench-sink');
  const etags = join(folder.path, 'etags.json');
  await writeFile(etags, JSON.stringify(Object.fromEntries(photos.map(({ name, md5 }) => [name, md5]))));
  const { url, cpuSeconds, [Symbol.asyncDispose]: stop } = await startScript('sink_server.py', [etags]);
  return {
    apiUrl: url,
    cpuSeconds,
    async [Symbol.asyncDispose]() {
      await stop();
      await folder.remove();
    },
  };
}
