import { canonicalFileName, fileNameProblem, MAX_PART_COUNT, MAX_PART_SIZE } from '@darkslide/contract';
import { type DuplicateName, DuplicateNamesError } from '../base/errors.ts';
import { type LeftOut, NOTHING_LEFT_OUT } from '../base/left-out.ts';
import type { Source } from '../base/ports.ts';
import { type FailedFile, type FileResult, failed } from '../base/results.ts';
import { compareInCameraOrder } from './camera-order.ts';
import { copyResults, withoutCopies } from './copies.ts';
import type { Copy } from './shots.ts';
import { uniqueNames } from './unique-names.ts';

/** A file that will be uploaded, unless the project already contains it. */
export type PlannedFile = {
  /** Its place in camera order, from 0. */
  readonly index: number;
  /** The name in the project: NFC, unique in the plan. */
  readonly name: string;
  readonly source: Source;
};

export type Plan = {
  files: readonly PlannedFile[];
  /** Results that need no request: empty files, invalid names, copies. */
  settled: readonly FileResult[];
  /** Sum of the files' sizes, in bytes. */
  bytes: number;
  /** What was found but is not in the plan. */
  leftOut: LeftOut;
  /** With `rename` the names are those for an empty project: an upload adapts them to the files of its project. */
  duplicates: DuplicatePolicy;
  /** Files that are copies of another file in the plan. */
  copies: readonly Copy[];
};

/**
 * What to do when different files have the same name. `rename` puts the parent folder's name before the names of all files
 * of the shot.
 */
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

  const { sources: distinct, copies, unreadable } = await withoutCopies(usable, signal);
  for (const { source, error } of unreadable) settled.push(failed(source, error.kind, error.message));
  const names = duplicates === 'rename' ? uniqueNames(distinct, { copies }) : plainNames(distinct);

  const { files, invalid } = planNames(distinct, names);
  const bytes = files.reduce((sum, { source }) => sum + source.size, 0);
  return {
    files,
    settled: [...settled, ...invalid, ...copyResults(copies, names)],
    bytes,
    leftOut,
    duplicates,
    copies,
  };
}

/** Files by the names that they were given, and those for which that is not possible. */
export function planNames(
  sources: readonly Source[],
  names: ReadonlyMap<Source, string>,
): { files: PlannedFile[]; invalid: FailedFile[] } {
  const files: PlannedFile[] = [];
  const invalid: FailedFile[] = [];
  for (const source of sources) {
    const name = names.get(source) ?? canonicalFileName(source.name);
    const problem = fileNameProblem(name);
    if (problem) invalid.push(invalidName(source, name, problem));
    else files.push({ index: files.length, name, source });
  }
  return { files, invalid };
}

function problemOf(source: Source): FailedFile | undefined {
  const problem = fileNameProblem(source.name);
  if (problem) return invalidName(source, source.name, problem);
  if (source.size === 0) {
    return failed(source, 'empty', 'The file is empty. Check the card or the copy that it comes from.');
  }
  if (source.size > MAX_PART_SIZE * MAX_PART_COUNT) {
    return failed(source, 'too-large', 'The file is larger than storage allows.');
  }
  return undefined;
}

const invalidName = (source: Source, name: string, problem: string) =>
  failed(source, 'invalid-name', `The name "${name}" ${problem}. Rename the file.`);

/** @throws {DuplicateNamesError} where different files have one name. */
function plainNames(sources: readonly Source[]): Map<Source, string> {
  const byName = Map.groupBy(sources, ({ name }) => canonicalFileName(name));
  const duplicates = [...byName]
    .filter(([, group]) => group.length > 1)
    .map(([name, group]): DuplicateName => ({ name, paths: group.map(({ path }) => path) }));
  if (duplicates.length > 0) throw new DuplicateNamesError(duplicates);
  return new Map(sources.map((source) => [source, canonicalFileName(source.name)]));
}
