import { canonicalFileName } from '@darkslide/contract';
import { SourceError } from '../base/errors.ts';
import type { Source } from '../base/ports.ts';
import type { SkippedFile } from '../base/results.ts';
import { type Copy, isPhoto, photosOf, type Shot, shotsOf } from './shots.ts';

export type Distinct = {
  sources: Source[];
  copies: Copy[];
  unreadable: { source: Source; error: SourceError }[];
};

/**
 * Of files with one name and the same bytes one stands for all. Sidecars are copies only where their photos are:
 * two photos keep one each, though their settings are equal. Reads files of one name and size, and no others.
 */
export async function withoutCopies(sources: readonly Source[], signal?: AbortSignal): Promise<Distinct> {
  const { contents, unreadable } = await readTwins(sources, signal);
  const bad = new Set(unreadable.map(({ source }) => source));
  const shots = shotsOf(sources.filter((source) => !bad.has(source)));
  const shotOf = new Map(shots.flatMap((shot) => shot.files.map((file) => [file, shot] as const)));
  const originals = new Map<string, Source[]>();
  const originalOf = new Map<Source, Source>();

  const settle = (source: Source, isCopyOf: (original: Source) => boolean) => {
    const content = contents.get(source);
    if (content === undefined) return;
    const known = originals.get(content) ?? [];
    const original = known.find(isCopyOf);
    if (original) originalOf.set(source, original);
    else originals.set(content, [...known, source]);
  };
  const isBeside = (sidecar: Source, shot: Shot, original: Source) =>
    photosOf(sidecar, shot).every((photo) => shotOf.get(originalOf.get(photo) ?? photo) === shotOf.get(original));

  // The photo that has most beside it stands for the others.
  const richest = [...shots].sort((a, b) => b.files.length - a.files.length);
  for (const { files } of richest) for (const photo of files.filter(isPhoto)) settle(photo, () => true);
  // Those without a photo come last: they may be copies of what lies beside one.
  for (const shot of richest.sort((a, b) => Number(b.files.some(isPhoto)) - Number(a.files.some(isPhoto)))) {
    for (const file of shot.files) if (!isPhoto(file)) settle(file, (original) => isBeside(file, shot, original));
  }
  return {
    sources: sources.filter((source) => !bad.has(source) && !originalOf.has(source)),
    copies: [...originalOf].map(([source, original]) => ({ source, original })),
    unreadable,
  };
}

/** What tells the contents of files apart that have one name and size. */
async function readTwins(sources: readonly Source[], signal?: AbortSignal) {
  const contents = new Map<Source, string>();
  const unreadable: Distinct['unreadable'] = [];
  const twins = Map.groupBy(sources, (source) => `${source.size} ${canonicalFileName(source.name)}`);
  for (const [nameAndSize, group] of twins) {
    if (group.length < 2) continue;
    for (const source of group) {
      try {
        contents.set(source, `${await source.md5({ start: 0, end: source.size }, { signal })} ${nameAndSize}`);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        unreadable.push({ source, error });
      }
    }
  }
  return { contents, unreadable };
}

/** Copies as results, by the name that the project has their content under. */
export const copyResults = (copies: readonly Copy[], nameOf: ReadonlyMap<Source, string>): SkippedFile[] =>
  copies.map(({ source: { name, path, size }, original }) => ({
    ...{ status: 'skipped', reason: 'copy', name: nameOf.get(original) ?? canonicalFileName(name), path, size },
    ...{ etag: null, proof: 'md5' },
  }));
