import { canonicalFileName, fileNameProblem, MAX_PART_COUNT, MAX_PART_SIZE } from '@darkslide/contract';
import { compareInCameraOrder } from './camera-order.ts';
import { type DuplicateName, DuplicateNamesError, SourceError } from './errors.ts';
import { type LeftOut, NOTHING_LEFT_OUT } from './left-out.ts';
import type { Source } from './ports.ts';
import type { FailedFile, FailureReason, FileResult } from './results.ts';
import { namesByFolder } from './unique-names.ts';

/** A file that will be sent, unless the project holds it already. */
export type PlannedFile = {
  /** Its place in camera order, from 0. */
  readonly index: number;
  /** The name in the project: NFC, unique in the plan. */
  readonly name: string;
  readonly source: Source;
};

export type Plan = {
  files: readonly PlannedFile[];
  /** What is settled without asking anyone: empty files, impossible names, copies. */
  settled: readonly FileResult[];
  /** Sum of the files' sizes, in bytes. */
  bytes: number;
  /** What was found and not taken into the plan. */
  leftOut: LeftOut;
};

/** What to do where different files have the same name. `rename` puts the parent folder's name before it. */
export type DuplicatePolicy = 'error' | 'rename';

/**
 * Puts files in camera order and finds out, before a byte is sent, what can't be sent as it is.
 * Files of one name and size are read to find copies; nothing else is.
 * @throws {DuplicateNamesError} where different files have one name and the policy is `error`.
 */
export async function makePlan({
  sources,
  leftOut = NOTHING_LEFT_OUT,
  duplicates,
  signal,
}: {
  sources: readonly Source[];
  leftOut?: LeftOut | undefined;
  duplicates: DuplicatePolicy;
  signal?: AbortSignal | undefined;
}): Promise<Plan> {
  const ordered = [...sources].sort((a, b) => compareInCameraOrder(a.path, b.path));
  const settled: FileResult[] = [];
  const usable = ordered.filter((source) => {
    const problem = problemOf(source);
    if (problem) settled.push(problem);
    return !problem;
  });

  const distinct = await withoutCopies(usable, settled, signal);
  const named = uniquelyNamed(distinct, duplicates);

  const files: PlannedFile[] = [];
  for (const { name, source } of named) {
    const problem = fileNameProblem(name);
    if (problem) settled.push(invalidName(source, name, problem));
    else files.push({ index: files.length, name, source });
  }
  return { files, settled, bytes: files.reduce((sum, { source }) => sum + source.size, 0), leftOut };
}

function problemOf(source: Source): FailedFile | undefined {
  const problem = fileNameProblem(source.name);
  if (problem) return invalidName(source, source.name, problem);
  if (source.size === 0) {
    return failed(source, 'empty', 'It is empty. Check the card or the copy that it comes from.');
  }
  if (source.size > MAX_PART_SIZE * MAX_PART_COUNT) {
    return failed(source, 'too-large', 'It is larger than a storage can take.');
  }
  return undefined;
}

const invalidName = (source: Source, name: string, problem: string) =>
  failed(source, 'invalid-name', `The name "${name}" ${problem}. Rename the file.`);

export function failed(
  { name, path, size }: { name: string; path: string; size: number },
  reason: FailureReason,
  message: string,
): FailedFile {
  return { status: 'failed', name, path, size, reason, message };
}

/** Of files with one name and the same bytes the first stands for all. */
async function withoutCopies(sources: Source[], settled: FileResult[], signal?: AbortSignal): Promise<Source[]> {
  const twins = Map.groupBy(sources, (source) => `${source.size} ${canonicalFileName(source.name)}`);
  const dropped = new Set<Source>();
  for (const group of twins.values()) {
    if (group.length < 2) continue;
    const seen = new Set<string>();
    for (const source of group) {
      const md5 = await readable(source, settled, signal);
      if (md5 === undefined) dropped.add(source);
      else if (!seen.has(md5)) seen.add(md5);
      else {
        dropped.add(source);
        const { path, size } = source;
        const name = canonicalFileName(source.name);
        settled.push({ status: 'skipped', reason: 'copy', name, path, size, etag: null, proof: 'md5' });
      }
    }
  }
  return sources.filter((source) => !dropped.has(source));
}

async function readable(source: Source, settled: FileResult[], signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await source.md5({ start: 0, end: source.size }, { signal });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    settled.push(failed(source, error.kind, error.message));
    return undefined;
  }
}

function uniquelyNamed(sources: readonly Source[], policy: DuplicatePolicy): { name: string; source: Source }[] {
  const plain = sources.map((source) => ({ name: canonicalFileName(source.name), source }));
  const colliding = collisions(plain);
  if (colliding.length === 0) return plain;
  if (policy === 'error') throw new DuplicateNamesError(colliding);

  const renamed = namesByFolder(sources);
  const left = collisions(renamed);
  if (left.length > 0) throw new DuplicateNamesError(left);
  return renamed;
}

function collisions(named: readonly { name: string; source: Source }[]): DuplicateName[] {
  const byName = Map.groupBy(named, ({ name }) => name);
  return [...byName]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]) => ({ name, paths: group.map(({ source }) => source.path) }));
}
