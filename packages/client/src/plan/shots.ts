import { canonicalFileName } from '@darkslide/contract';
import type { Source } from '../base/ports.ts';
import { fileKind, shotStem } from './photo-names.ts';

/** What belongs together: a photo, its twins (RAW and JPEG) and their sidecars. They are renamed alike. */
export type Shot = {
  /** As `shotStem`, in NFC. */
  readonly stem: string;
  /** The folders above it, the nearest last, in NFC. */
  readonly folders: readonly string[];
  readonly files: readonly Source[];
};

/** A file with the name and bytes of another, which stands for both. */
export type Copy = { source: Source; original: Source };

export const isPhoto = ({ name }: Source): boolean => fileKind(name) === 'photo';

/** The photos that a sidecar in the shot is about: the one whose whole name it begins with, or all. */
export function photosOf(sidecar: Source, { files }: Shot): Source[] {
  const photos = files.filter(isPhoto);
  const name = sidecar.name.toLowerCase();
  const own = photos.filter((photo) => name.startsWith(`${photo.name.toLowerCase()}.`));
  return own.length > 0 ? own : photos;
}

/**
 * Groups files by shot, in the order of each shot's first file. Sidecars whose photos are copies go to the photos that
 * stand for those.
 */
export function shotsOf(sources: readonly Source[], copies: readonly Copy[] = []): Shot[] {
  const shots = grouped([...sources, ...copies.map(({ source }) => source)]);
  const originals = new Map(copies.map(({ source, original }) => [source, original]));
  const shotOf = new Map(shots.flatMap((shot) => shot.files.map((file) => [file, shot] as const)));
  const homes = new Map(shots.map((shot) => [shot, [] as Source[]]));
  for (const shot of shots) {
    for (const file of shot.files) {
      if (originals.has(file)) continue;
      const photos = isPhoto(file) ? [] : photosOf(file, shot);
      const original = photos.every((photo) => originals.has(photo)) ? originals.get(photos[0] ?? file) : undefined;
      const home = original && shotOf.get(original);
      const isNew = home?.files.every(({ name }) => canonicalFileName(name) !== canonicalFileName(file.name));
      homes.get(home && isNew ? home : shot)?.push(file);
    }
  }
  return [...homes].flatMap(([shot, files]) => (files.length > 0 ? [{ ...shot, files }] : []));
}

function grouped(sources: readonly Source[]): Shot[] {
  const shots = new Map<string, Shot & { files: Source[]; names: Set<string> }>();
  for (const source of sources) {
    const folders = photoFolder(source.path);
    const stem = canonicalFileName(shotStem(source.name));
    const name = canonicalFileName(source.name);
    const key = `${folders.join('/')}/${stem}`;
    const shot = shots.get(key);
    if (!shot) shots.set(key, { stem, folders, files: [source], names: new Set([name]) });
    else if (shot.names.has(name)) shots.set(`//${source.path}`, { stem, folders, files: [source], names: new Set() });
    else {
      shot.files.push(source);
      shot.names.add(name);
    }
  }
  for (const [key, shot] of shots) {
    const owner = shot.files.some(isPhoto) ? undefined : shots.get(key.replace(DARKTABLE_COPY, ''));
    if (!owner?.files.some(isPhoto)) continue;
    owner.files.push(...shot.files);
    shots.delete(key);
  }
  return [...shots.values()].map(({ stem, folders, files }) => ({ stem, folders, files }));
}

/** Darktable calls the settings of a photo's second version `IMG_1_01.CR2.xmp`. */
const DARKTABLE_COPY = /_\d\d$/;

/** Capture One and NX Studio keep sidecars in folders beside the photos. */
const SIDECAR_FOLDERS = /(\/CaptureOne\/Settings\d*|\/NKSC_PARAM)$/i;

function photoFolder(path: string): string[] {
  const folder = path.split(/[/\\]/).slice(0, -1).join('/').replace(SIDECAR_FOLDERS, '');
  const segments = folder.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.map(canonicalFileName);
}
