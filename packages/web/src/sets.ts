import type { FoundSet, GroupChanges, PhotoFrame, PhotoGroup } from '@darkslide/client/browser';

/** A set as the list shows it. */
export type PhotoSet = Omit<FoundSet, 'kind'> & {
  id: string;
  /** `hand`: a person put it together. */
  kind: FoundSet['kind'] | 'hand';
  frames: readonly PhotoFrame[];
};

/** Where a file is in its set. `frame` counts from 0. */
export type Place = { set: PhotoSet; frame: number };

/** Below this, what is left of a set is not one. */
const MIN_FRAMES = 2;

/** Which files are frames of one set: as the photos say, and as a person corrected it, which stands. */
export class Sets {
  readonly #found = new Map<string, PhotoGroup>();
  /** Ids of what was found, by path. */
  readonly #foundOf = new Map<string, string>();
  readonly #made = new Map<string, PhotoSet>();
  /** What a person decided about a path: the id of a set that they made, or null where it is in none. */
  readonly #decided = new Map<string, string | null>();
  readonly #opened = new Set<string>();
  #current: { places: ReadonlyMap<string, Place>; sets: readonly PhotoSet[] } | undefined;
  /** Changes with every change. */
  version = 0;

  /** Takes over what was found. */
  update({ changed, gone }: GroupChanges): void {
    for (const id of gone) {
      for (const path of pathsOf(this.#found.get(id)?.frames)) {
        if (this.#foundOf.get(path) === id) this.#foundOf.delete(path);
      }
      this.#found.delete(id);
    }
    for (const group of changed) {
      this.#found.set(group.id, group);
      for (const path of pathsOf(group.frames)) this.#foundOf.set(path, group.id);
    }
    if (changed.length + gone.length > 0) this.#changed();
  }

  /** Makes one set of these files and those that belong to them. Returns its id; undefined where it is one frame only. */
  merge(paths: readonly string[]): string | undefined {
    const frames = this.#framesOf(paths);
    const first = frames[0]?.files[0];
    if (first === undefined || frames.length < MIN_FRAMES) return undefined;
    this.#take(frames);
    const id = `hand:${first.replace(/\.[^./]*$/, '')}`;
    const inOrder = frames.map(({ files }, index) => ({ files, position: index + 1 }));
    this.#made.set(id, { id, kind: 'hand', frames: inOrder, complete: null, missing: [] });
    for (const path of pathsOf(frames)) this.#decided.set(path, id);
    this.#changed();
    return id;
  }

  /** Takes these files, and those that belong to them, out of their sets. */
  split(paths: readonly string[]): void {
    this.#take(this.#framesOf(paths));
    this.#changed();
  }

  isOpen({ id }: PhotoSet): boolean {
    return this.#opened.has(id);
  }

  toggle({ id }: PhotoSet): void {
    if (!this.#opened.delete(id)) this.#opened.add(id);
    this.version += 1;
  }

  placeOf(path: string): Place | undefined {
    this.#current ??= this.#place();
    return this.#current.places.get(path);
  }

  all(): readonly PhotoSet[] {
    this.#current ??= this.#place();
    return this.#current.sets;
  }

  #changed(): void {
    this.#current = undefined;
    this.version += 1;
  }

  /** Frees frames from sets made by hand, and from what was found. */
  #take(frames: readonly PhotoFrame[]): void {
    const paths = new Set(pathsOf(frames));
    for (const path of paths) this.#decided.set(path, null);
    for (const [id, made] of this.#made) {
      const kept = made.frames.filter(({ files }) => !files.some((path) => paths.has(path)));
      if (kept.length === made.frames.length) continue;
      this.#made.delete(id);
      if (kept.length < MIN_FRAMES) for (const path of pathsOf(kept)) this.#decided.set(path, null);
      else this.#made.set(id, { ...made, frames: kept.map((frame, index) => ({ ...frame, position: index + 1 })) });
    }
  }

  /** The frames of these paths, each once; a file that nothing is known of is one. */
  #framesOf(paths: readonly string[]): PhotoFrame[] {
    const frames = new Map<string, PhotoFrame>();
    for (const path of paths) {
      if (frames.has(path)) continue;
      const known = this.#made.get(this.#decided.get(path) ?? '') ?? this.#found.get(this.#foundOf.get(path) ?? '');
      const frame = known?.frames.find(({ files }) => files.includes(path)) ?? { files: [path], position: 1 };
      for (const file of frame.files) frames.set(file, frame);
    }
    return [...new Set(frames.values())];
  }

  #place(): { places: ReadonlyMap<string, Place>; sets: readonly PhotoSet[] } {
    const found = [...this.#found.values()].flatMap((group) => this.#withoutDecided(group) ?? []);
    const sets = [...found, ...this.#made.values()];
    const places = new Map<string, Place>();
    for (const set of sets) {
      for (const [frame, { files }] of set.frames.entries()) for (const path of files) places.set(path, { set, frame });
    }
    return { places, sets };
  }

  /** What hands left of a set that was found; undefined where that is none. */
  #withoutDecided({ id, set, frames }: PhotoGroup): PhotoSet | undefined {
    if (!set) return undefined;
    const kept = frames.filter(({ files }) => !files.some((path) => this.#decided.has(path)));
    if (kept.length === frames.length) return { id, frames, ...set };
    if (kept.length < MIN_FRAMES) return undefined;
    return { id, frames: kept, kind: set.kind, complete: null, missing: [] };
  }
}

function* pathsOf(frames: readonly PhotoFrame[] | undefined): Generator<string> {
  for (const { files } of frames ?? []) yield* files;
}
