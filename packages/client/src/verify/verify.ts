import type { ProjectApi } from '../api/project-api.ts';
import { storedFiles } from '../api/remote-state.ts';
import type { StoredFile } from '../api/responses.ts';
import { SourceError } from '../base/errors.ts';
import { forEachLimited } from '../base/for-each-limited.ts';
import type { Md5 } from '../base/ports.ts';
import type { Plan, PlannedFile } from '../plan/plan.ts';
import { fitToProject } from '../run/fit-to-project.ts';
import { compareWithStored } from '../transfer/compare.ts';
import type { ReadBack } from './read-back.ts';

/**
 * How a local file and what storage holds by its name compare. `unknown`: of the same size, and storage's ETag says
 * nothing about the content. `damaged`: storage took it, but can't give its bytes back any more. `unread`: it was to be
 * read back, and storage did not give all of its bytes.
 */
export type Verdict =
  | { name: string; path: string; verdict: 'same' | 'different' | 'missing' | 'unknown' | 'damaged' }
  | { name: string; path: string; verdict: 'unreadable' | 'unread'; message: string };

export type VerifyReport = {
  projectUuid: string;
  /** One for each local file, in camera order; files that can't be uploaded are `unreadable`. */
  verdicts: Verdict[];
  /** Names that storage holds and the local files do not have. */
  extra: string[];
};

/** Files read at the same time. */
const READ_AT_ONCE = 4;

/**
 * Compares local files with what storage holds, by size and content, or, with `readBack`, by downloading it. Changes
 * nothing.
 * Undefined where the server can't list files.
 */
export async function verifyPlan({
  api,
  plan,
  md5,
  readBack,
  overwrite = false,
  signal,
}: {
  api: ProjectApi;
  plan: Plan;
  md5: Md5;
  readBack?: ReadBack | undefined;
  /** Compare under the names that an upload with `overwrite` would give. */
  overwrite?: boolean | undefined;
  signal?: AbortSignal | undefined;
}): Promise<VerifyReport | undefined> {
  const stored = await storedFiles(api, signal);
  if (!stored) return undefined;
  const fitted = await fitToProject(plan, { stored, overwrite, md5, signal });
  // What was found in the project is the same; it still has to be read back where that is asked for.
  const found = new Map(fitted.settled.map(({ path, name, status }) => [path, { name, same: status === 'skipped' }]));
  const names = new Map(fitted.files.map(({ name, source }) => [source.path, name]));
  const compared = new Array<Verdict | undefined>(plan.files.length);
  await forEachLimited(plan.files, { limit: READ_AT_ONCE, signal }, async ({ index, source }, stop) => {
    const { path } = source;
    const name = names.get(path) ?? (found.get(path)?.same ? found.get(path)?.name : undefined);
    if (name === undefined) return;
    if (!names.has(path) && !readBack) compared[index] = { name, path, verdict: 'same' };
    else {
      const file = { index, name, source };
      compared[index] = await verdictOn(file, stored.get(name), { md5, readBack, signal: stop });
    }
  });
  const verdicts = compared.filter((verdict) => verdict !== undefined);
  const local = new Set(verdicts.map(({ name }) => name));
  for (const result of fitted.settled) {
    if (result.status !== 'failed') continue;
    const { name, path, message } = result;
    verdicts.push({ name, path, verdict: 'unreadable', message });
  }
  const held = [...stored.values()].filter(({ status, fileName }) => status === 'uploaded' && !local.has(fileName));
  return { projectUuid: api.projectUuid, verdicts, extra: held.map(({ fileName }) => fileName) };
}

async function verdictOn(
  file: PlannedFile,
  stored: StoredFile | undefined,
  { md5, readBack, signal }: { md5: Md5; readBack: ReadBack | undefined; signal: AbortSignal },
): Promise<Verdict> {
  const { name, source } = file;
  const { path } = source;
  if (stored?.status !== 'uploaded') {
    readBack?.settle(source.size);
    return { name, path, verdict: stored?.status === 'damaged' ? 'damaged' : 'missing' };
  }
  try {
    if (readBack !== undefined) return { name, path, ...(await readBack.compare(file, signal)) };
    return { name, path, verdict: await compareWithStored({ source, stored, md5, signal }) };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { name, path, verdict: 'unreadable', message: error.message };
  }
}
