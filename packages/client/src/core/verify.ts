import type { StoredFile } from '../api/answers.ts';
import type { ProjectApi } from '../api/project-api.ts';
import { compareWithStored } from './compare.ts';
import { SourceError } from './errors.ts';
import { storedFiles } from './holdings.ts';
import { inParallel } from './parallel.ts';
import type { Plan, PlannedFile } from './plan.ts';
import type { Md5 } from './ports.ts';

/**
 * How a local file and what storage holds by its name compare. `unknown`: of the same size, and storage's ETag says
 * nothing about the content. `damaged`: storage took it, but can't give its bytes back any more.
 */
export type Verdict =
  | { name: string; path: string; verdict: 'same' | 'different' | 'missing' | 'unknown' | 'damaged' }
  | { name: string; path: string; verdict: 'unreadable'; message: string };

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
 * Compares local files with what storage holds, by size and content. Changes nothing.
 * Undefined where the server can't list files.
 */
export async function verifyPlan({
  api,
  plan,
  md5,
  signal,
}: {
  api: ProjectApi;
  plan: Plan;
  md5: Md5;
  signal?: AbortSignal | undefined;
}): Promise<VerifyReport | undefined> {
  const stored = await storedFiles(api, signal);
  if (!stored) return undefined;
  const verdicts = new Array<Verdict>(plan.files.length);
  await inParallel(plan.files, { limit: READ_AT_ONCE, signal }, async (file, stop) => {
    verdicts[file.index] = await verdictOn(file, stored.get(file.name), { md5, signal: stop });
  });
  for (const result of plan.settled) {
    if (result.status !== 'failed') continue;
    const { name, path, message } = result;
    verdicts.push({ name, path, verdict: 'unreadable', message });
  }
  const local = new Set(plan.files.map(({ name }) => name));
  const held = [...stored.values()].filter(({ status, fileName }) => status === 'uploaded' && !local.has(fileName));
  return { projectUuid: api.projectUuid, verdicts, extra: held.map(({ fileName }) => fileName) };
}

async function verdictOn(
  { name, source }: PlannedFile,
  stored: StoredFile | undefined,
  { md5, signal }: { md5: Md5; signal: AbortSignal },
): Promise<Verdict> {
  const { path } = source;
  if (stored?.status === 'damaged') return { name, path, verdict: 'damaged' };
  if (stored?.status !== 'uploaded') return { name, path, verdict: 'missing' };
  try {
    return { name, path, verdict: await compareWithStored({ source, stored, md5, signal }) };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { name, path, verdict: 'unreadable', message: error.message };
  }
}
