import { type Frame, first } from './frames.ts';
import { foldersOf, type Named, shotStem, withoutVersion } from './names.ts';
import type { ShootFile } from './shoot.ts';

type Loose = { named: Named; facts?: ShootFile['facts'] };

/** Finds frames by the names of their files. */
class Index {
  readonly #byName = new Map<string, Frame[]>();
  readonly #byStem = new Map<string, Frame[]>();

  constructor(frames: readonly Frame[]) {
    for (const frame of frames) {
      for (const { named } of frame.files) {
        push(this.#byName, `${named.folder}/${named.name}`, frame);
        push(this.#byName, `*/${named.name}`, frame);
        push(this.#byStem, `${named.folder}/${shotStem(named)}`, frame);
        push(this.#byStem, `*/${shotStem(named)}`, frame);
      }
    }
  }

  name(folder: string, name: string): Frame | undefined {
    return this.#byName.get(`${folder}/${name}`)?.[0];
  }

  /** Of several frames of one stem the one with a RAW. */
  stem(folder: string, stem: string): Frame | undefined {
    const found = this.#byStem.get(`${folder}/${stem}`) ?? [];
    return found.find((frame) => first(frame).role === 'raw') ?? found[0];
  }

  /** Wherever it is, if only one has the name. */
  anywhere(name: string, stem: string): Frame | undefined {
    const named = new Set(this.#byName.get(`*/${name}`) ?? []);
    const stemmed = new Set(this.#byStem.get(`*/${stem}`) ?? []);
    const only = named.size === 1 ? named : stemmed.size === 1 ? stemmed : undefined;
    return only?.values().next().value;
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}

/** Gives sidecars and movies to their shots. Returns those that belong to none. */
export function attach(frames: readonly Frame[], sidecars: readonly Loose[], videos: readonly Loose[]): Named[] {
  const index = new Index(frames);
  const orphans: Named[] = [];
  for (const { named, facts } of sidecars) {
    const owner = ownerOf(index, named, facts?.ids?.sidecarFor, facts?.ids?.rawFileName);
    if (owner) owner.sidecars.push(named);
    else orphans.push(named);
  }
  const byContent = new Map(frames.map((frame) => [frame.facts.ids?.content, frame]));
  for (const { named, facts } of videos) {
    const content = facts?.ids?.content;
    const owner = (content !== undefined && byContent.get(content)) || index.stem(named.folder, shotStem(named));
    if (owner) owner.videos.push(named);
    else orphans.push(named);
  }
  return orphans;
}

function ownerOf(index: Index, sidecar: Named, extension?: string, rawName?: string): Frame | undefined {
  // `IMG_1.CR2.xmp` has the photo's whole name before its extension, `IMG_1.xmp` only the stem.
  const names = [...new Set([sidecar.stem, withoutVersion(sidecar.stem)])];
  const exact = extension ? names.map((name) => `${name}.${extension.toLowerCase()}`) : [];
  const apple = sidecar.stem.replace(/^(img_)[eo]/, '$1');
  for (const folder of foldersOf(sidecar)) {
    for (const name of [...exact, ...names]) {
      const found = index.name(folder, name) ?? index.stem(folder, name);
      if (found) return found;
    }
    const found = index.stem(folder, apple) ?? (rawName ? index.name(folder, rawName.toLowerCase()) : undefined);
    if (found) return found;
  }
  for (const name of names) {
    const found = index.anywhere(name, name);
    if (found) return found;
  }
  return undefined;
}
