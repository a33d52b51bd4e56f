import { canonicalFileName } from '@darkslide/contract';
import type { StoredFile } from '../api/responses.ts';
import { SourceError } from '../base/errors.ts';
import { forEachLimited } from '../base/for-each-limited.ts';
import type { Md5, Source } from '../base/ports.ts';
import type { Proof, SkippedFile } from '../base/results.ts';
import { copyResults } from '../plan/copies.ts';
import { fileKind, shotStem } from '../plan/photo-names.ts';
import { type Plan, type PlannedFile, planNames } from '../plan/plan.ts';
import { type HeldNames, uniqueNames } from '../plan/unique-names.ts';
import { compareWithStored } from '../transfer/compare.ts';
import { bareEtag } from '../transfer/etags.ts';
import type { Journal } from '../transfer/journal.ts';

/** Files read at the same time. */
const READ_AT_ONCE = 4;

type Stored = StoredFile & { size: number; etag: string };

/** By file, how it is known that a name holds its content. */
type Matches = ReadonlyMap<Source, ReadonlyMap<string, Proof>>;

export type FitOptions = {
  stored: ReadonlyMap<string, StoredFile>;
  /** Names that are held with other content may be taken: the files replace what is there. */
  overwrite: boolean;
  /** What need not be read again. */
  journal?: Journal | undefined;
  md5: Md5;
  signal?: AbortSignal | undefined;
  /** Told before files are read. */
  onReading?: ((files: number) => void) | undefined;
};

/**
 * Where files may be renamed: gives them names that go with what the project holds. What is there already, by whatever
 * name it was given, keeps it and is settled; everything else gets a name that is free. Plans that refuse duplicate
 * names stay as they are.
 */
export async function fitToProject(plan: Plan, options: FitOptions): Promise<Plan> {
  const { stored, overwrite } = options;
  const held = new Map([...stored].filter((entry): entry is [string, Stored] => hasContent(entry[1])));
  if (plan.duplicates !== 'rename' || held.size === 0) return plan;
  const matches = await matchesOf(plan.files, held, options);
  const sources = plan.files.map(({ source }) => source);
  const names = uniqueNames(sources, { copies: plan.copies, held: heldNames(held, matches, overwrite) });

  const there: SkippedFile[] = [];
  const left = sources.filter((source) => {
    const name = names.get(source) ?? '';
    const found = held.get(name);
    if (!found || !proves(source, found, matches)) return true;
    const { path, size } = source;
    there.push({
      ...{ status: 'skipped', reason: 'already-there', name, path, size },
      ...{ etag: bareEtag(found.etag), proof: 'md5' },
    });
    return false;
  });
  const settled = plan.settled.filter((result) => !(result.status === 'skipped' && result.reason === 'copy'));
  const { files, invalid } = planNames(left, names);
  return {
    ...plan,
    files,
    settled: [...settled, ...invalid, ...copyResults(plan.copies, names), ...there],
    bytes: files.reduce((sum, { source }) => sum + source.size, 0),
  };
}

/** Where only sizes can be compared, or what is there is damaged, the upload deals with it. */
const proves = (source: Source, { status, fileName }: Stored, matches: Matches) =>
  status === 'uploaded' && matches.get(source)?.get(fileName) === 'md5';

const hasContent = ({ size, etag }: StoredFile) => size !== null && etag !== null;

async function matchesOf(
  files: readonly PlannedFile[],
  held: ReadonlyMap<string, Stored>,
  { journal, md5, signal, onReading }: FitOptions,
): Promise<Matches> {
  const matches = new Map<Source, Map<string, Proof>>();
  const bySize = indexByPossibleName(held);
  const unread: { source: Source; candidates: Stored[] }[] = [];
  for (const { source } of files) {
    const candidates = bySize.get(indexKey(source.size, canonicalFileName(source.name))) ?? [];
    const isSent = (stored: Stored) => journal?.recallSent(stored.fileName, source)?.etag === bareEtag(stored.etag);
    const sent = candidates.find(isSent);
    if (sent) {
      const proof = journal?.recallSent(sent.fileName, source)?.proof ?? 'size';
      matches.set(source, new Map([[sent.fileName, proof]]));
    } else if (candidates.length > 0) unread.push({ source, candidates });
  }
  if (unread.length > 0) onReading?.(unread.length);
  await forEachLimited(unread, { limit: READ_AT_ONCE, signal }, async ({ source, candidates }, stop) => {
    const known = readOnce(source);
    const found = new Map<string, Proof>();
    for (const stored of candidates) {
      const partSize = journal?.recallUpload(stored.fileName, source)?.partSize;
      const comparison = await compareWithStored({ source: known, stored, md5, partSize, signal: stop }).catch(
        asDifferent,
      );
      if (comparison !== 'different') found.set(stored.fileName, comparison === 'same' ? 'md5' : 'size');
    }
    matches.set(source, found);
  });
  return matches;
}

/** What can't be read is told when it is sent. */
function asDifferent(error: unknown): 'different' {
  if (error instanceof SourceError) return 'different';
  throw error;
}

/** The file, whose whole is hashed at most once. */
function readOnce(source: Source): Pick<Source, 'size' | 'md5'> {
  let whole: Promise<string> | undefined;
  return {
    size: source.size,
    md5(range, options) {
      if (range.start > 0 || range.end < source.size) return source.md5(range, options);
      whole ??= source.md5(range, options);
      return whole;
    },
  };
}

const indexKey = (size: number, name: string) => `${size} ${name}`;

/** Stored files by their size and each name that a file may have had before it was renamed. */
function indexByPossibleName(held: ReadonlyMap<string, Stored>): Map<string, Stored[]> {
  const index = new Map<string, Stored[]>();
  const add = (stored: Stored, name: string) => {
    const key = indexKey(stored.size, name);
    const others = index.get(key);
    if (others) others.push(stored);
    else index.set(key, [stored]);
  };
  for (const [name, stored] of held) {
    add(stored, name);
    for (let at = name.indexOf('_'); at >= 0; at = name.indexOf('_', at + 1)) add(stored, name.slice(at + 1));
  }
  return index;
}

function heldNames(held: ReadonlyMap<string, Stored>, matches: Matches, overwrite: boolean): HeldNames {
  const photos = Map.groupBy(
    [...held.keys()].filter((name) => fileKind(name) === 'photo'),
    shotStem,
  );
  return {
    has: (name) => !overwrite && held.has(name),
    of: (source) => [...(matches.get(source)?.keys() ?? [])],
    proves(source, name) {
      const found = held.get(name);
      return found !== undefined && proves(source, found, matches);
    },
    photos: (stem) => photos.get(stem) ?? [],
  };
}
