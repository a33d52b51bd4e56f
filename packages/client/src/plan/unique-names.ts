import { canonicalFileName, fileNameProblem } from '@darkslide/contract';
import type { Source } from '../base/ports.ts';
import { type Copy, isPhoto, photosOf, type Shot, shotsOf } from './shots.ts';

/** What a project holds that matters for names. */
export interface HeldNames {
  /** Whether something is stored by this name. */
  has(name: string): boolean;
  /** The names under which the content of this file is stored, of those that it may have been given. */
  of(source: Source): readonly string[];
  /** Whether the content is known to be stored by this name, so that nothing has to be sent. */
  proves(source: Source, name: string): boolean;
  /** The photos that are stored by names of this stem. */
  photos(stem: string): readonly string[];
}

const NOTHING_HELD: HeldNames = { has: () => false, of: () => [], proves: () => false, photos: () => [] };

/**
 * A name for every file, each once. The files of a shot get one prefix, so that sidecars stay with their photos:
 * - the one that the project holds the shot's photos under already;
 * - else none, where the names are free and no other file here has them;
 * - else the folder's name, as in `CARD1_DSC_0001.NEF`; where the folders are called the same, the folders above in
 *   front of that; and where that name is taken, the folder's name and a number.
 *
 * Where the project holds only some photos of a shot, and others by the names of the rest, the rest gets a prefix of
 * its own. Depends on paths, contents and what is held alone, so a repeated run gives the same names.
 */
export function uniqueNames(
  sources: readonly Source[],
  { copies = [], held = NOTHING_HELD }: { copies?: readonly Copy[] | undefined; held?: HeldNames } = {},
): Map<Source, string> {
  const shots = shotsOf(sources, copies);
  const naming = new Naming(shots, held);
  const prefixes = folderPrefixes(shots);
  // A name that is a shot's own goes before one that it may have been given.
  for (const shot of shots) naming.settleHeld(shot, ['']);
  for (const shot of shots) naming.settleHeld(shot);
  for (const shot of shots) naming.settlePartlyHeld(shot);
  for (const shot of shots) if (!prefixes.has(shot)) naming.settleFree(shot, '');
  for (const shot of shots) naming.settleFirstFree(shot, prefixes.get(shot) ?? folderPrefix(shot, 1));
  return naming.names;
}

const named = (source: Source, prefix: string) => canonicalFileName(prefix + source.name);

class Naming {
  readonly names = new Map<Source, string>();
  readonly #held: HeldNames;
  readonly #taken = new Set<string>();
  /** What is left to settle of each shot. */
  readonly #left: Map<Shot, Shot>;

  constructor(shots: readonly Shot[], held: HeldNames) {
    this.#held = held;
    this.#left = new Map(shots.map((shot) => [shot, shot]));
  }

  /** Settles a shot under a prefix by which the project holds photos of it, the others not at all, and no foreign ones. */
  settleHeld(shot: Shot, among?: readonly string[]): void {
    const left = this.#left.get(shot);
    if (!left) return;
    const owners = ownersOf(left);
    const isOurs = (prefix: string) =>
      this.#isUntaken(left.files, prefix) &&
      owners.some((file) => this.#holds(file, prefix)) &&
      owners.every((file) => this.#holds(file, prefix) || !this.#isHeld(file, named(file, prefix))) &&
      left.files.every((file) => !this.#isForeign(file, left, prefix));
    const prefix = (among ?? this.#heldPrefixes(left)).find(isOurs);
    if (prefix !== undefined) this.#settle(shot, prefix, left.files);
  }

  /** Settles the photos that the project holds, each with the sidecars that are its alone or are there already. */
  settlePartlyHeld(shot: Shot): void {
    for (let left = this.#left.get(shot); left; left = this.#left.get(shot)) {
      const { files } = left;
      const found = this.#heldPrefixes(left).map((prefix) => ({
        prefix,
        there: files.filter((file) => isPhoto(file) && this.#holds(file, prefix) && this.#isUntaken([file], prefix)),
      }));
      const best = found.find(({ there }) => there.length > 0);
      if (!best) return;
      const { prefix, there } = best;
      const isTheirs = (file: Source) => {
        const photos = photosOf(file, left);
        return (
          photos.every((photo) => there.includes(photo)) ||
          (photos.some((photo) => there.includes(photo)) && this.#holds(file, prefix))
        );
      };
      const theirs = files.filter((file) => there.includes(file) || (!isPhoto(file) && isTheirs(file)));
      this.#settle(
        shot,
        prefix,
        theirs.filter((file) => this.#isUntaken([file], prefix)),
      );
      this.settleHeld(shot);
    }
  }

  settleFree(shot: Shot, prefix: string): void {
    const left = this.#left.get(shot);
    if (left && this.#isFree(left, prefix)) this.#settle(shot, prefix, left.files);
  }

  settleFirstFree(shot: Shot, folder: string): void {
    const left = this.#left.get(shot);
    if (!left) return;
    const start = isPossible(left, folder) ? folder : '';
    let prefix = start;
    for (let number = 2; !this.#isFree(left, prefix) && isPossible(left, prefix); number += 1) {
      prefix = `${start}${number}_`;
    }
    this.#settle(shot, prefix, left.files);
  }

  #settle(shot: Shot, prefix: string, files: readonly Source[]): void {
    for (const file of files) {
      this.names.set(file, named(file, prefix));
      this.#taken.add(named(file, prefix));
    }
    const rest = shot.files.filter((file) => !this.names.has(file));
    if (rest.length === 0) this.#left.delete(shot);
    else this.#left.set(shot, { ...shot, files: rest });
  }

  /** Prefixes under which the project holds something of a shot, the shortest first. */
  #heldPrefixes(shot: Shot): string[] {
    const found = ownersOf(shot).flatMap((file) => {
      const name = named(file, '');
      return this.#held.of(file).map((heldName) => heldName.slice(0, heldName.length - name.length));
    });
    return [...new Set(found)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  /** Two shots may share a sidecar that is stored already, and beside the photos of both. */
  #isUntaken(files: readonly Source[], prefix: string): boolean {
    return files.every((file) => {
      const name = named(file, prefix);
      return !this.#taken.has(name) || (!isPhoto(file) && this.#held.proves(file, name));
    });
  }

  #isFree(shot: Shot, prefix: string): boolean {
    const names = new Set(shot.files.map((file) => named(file, prefix)));
    if (!names.isDisjointFrom(this.#taken)) return false;
    const isAlone = this.#held.photos(canonicalFileName(prefix + shot.stem)).every((photo) => names.has(photo));
    // A sidecar that arrived before its photo is this shot's; beside another photo it is that one's, though it is equal.
    return shot.files.every((file) => !this.#held.has(named(file, prefix)) || (isAlone && this.#holds(file, prefix)));
  }

  /** A sidecar that differs was edited where its photo is there; beside another photo it is that one's. */
  #isForeign(file: Source, shot: Shot, prefix: string): boolean {
    if (!this.#held.has(named(file, prefix)) || this.#holds(file, prefix)) return false;
    return !photosOf(file, shot).some((photo) => this.#holds(photo, prefix));
  }

  /** Whether the name holds something, or another name that is left holds the file. */
  #isHeld(file: Source, name: string): boolean {
    return this.#held.has(name) || this.#held.of(file).some((other) => !this.#taken.has(other));
  }

  #holds(file: Source, prefix: string): boolean {
    return this.#held.of(file).includes(named(file, prefix));
  }
}

/** The photos; where there are none, whatever there is. */
function ownersOf({ files }: Shot): readonly Source[] {
  const photos = files.filter(isPhoto);
  return photos.length > 0 ? photos : files;
}

const isPossible = (shot: Shot, prefix: string) =>
  shot.files.every((file) => fileNameProblem(named(file, prefix)) === undefined);

const folderPrefix = ({ folders }: Shot, depth: number) =>
  folders.length === 0 ? '' : `${folders.slice(-depth).join('_')}_`;

/** For the shots that share a name with another: as many of their folders as tell them apart. */
function folderPrefixes(shots: readonly Shot[]): Map<Shot, string> {
  const byName = Map.groupBy(
    shots.flatMap((shot) => shot.files.map((file) => ({ name: named(file, ''), shot }))),
    ({ name }) => name,
  );
  const alike = [...byName.values()].filter((group) => group.length > 1).flat();
  const prefixes = new Map<Shot, string>();
  for (const group of Map.groupBy(new Set(alike.map(({ shot }) => shot)), ({ stem }) => stem).values()) {
    const depth = depthThatTellsApart(group.map(({ folders }) => folders));
    for (const shot of group) prefixes.set(shot, folderPrefix(shot, depth));
  }
  return prefixes;
}

/** How many of the last folders it takes until different folders have different names. */
function depthThatTellsApart(folders: readonly (readonly string[])[]): number {
  const different = new Set(folders.map((path) => path.join('/'))).size;
  const deepest = Math.max(...folders.map((path) => path.length), 1);
  for (let depth = 1; depth < deepest; depth += 1) {
    if (new Set(folders.map((path) => path.slice(-depth).join('_'))).size === different) return depth;
  }
  return deepest;
}
