import { type FailedFile, type FoundFile, findFiles, SourceError } from '@darkslide/client';
import { groupShoot, type PhotoFacts, readPhoto, type Shoot, type ShootFile } from '@darkslide/photo';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { say, sayJson } from '../base/output.ts';
import { shootLines } from '../views/shoot-lines.ts';

type InspectFlags = { json?: boolean; all?: boolean };

export async function inspect(
  { stdout, stderr }: Context,
  paths: string[],
  { json, all }: InspectFlags,
): Promise<ExitCode> {
  const { files, unreadable } = await findFiles({ paths, all });
  const { shoot, failed } = await readShoot(files);
  if (json) sayJson(stdout, shoot);
  else for (const line of shootLines(shoot)) say(stdout, line);
  const wrong = [...unreadable, ...failed];
  for (const { path, message } of wrong) say(stderr, `${path}: ${message}`);
  return wrong.length === 0 ? EXIT.done : EXIT.incomplete;
}

/** Files that are open at once. */
const READ_AT_ONCE = 8;

async function readShoot(
  files: readonly FoundFile[],
): Promise<{ shoot: Shoot; failed: Pick<FailedFile, 'path' | 'message'>[] }> {
  const failed: Pick<FailedFile, 'path' | 'message'>[] = [];
  const read = new Array<ShootFile>(files.length);
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      const at = next++;
      const { path, name, size, modifiedMs, read: range } = files[at] as FoundFile;
      const facts = await readPhoto({ size, read: range }, name).catch((error): PhotoFacts => {
        if (!(error instanceof SourceError)) throw error;
        failed.push({ path, message: error.message });
        return { kind: 'unknown', reason: error.message };
      });
      read[at] = { path, size, modifiedAtMs: modifiedMs, facts };
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return { shoot: groupShoot(read), failed };
}
