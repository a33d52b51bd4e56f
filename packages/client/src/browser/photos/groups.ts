import type { PhotoSet, Shoot, ShootFile, Shot } from '@darkslide/photo';
import { groupShoot } from '@darkslide/photo/group-shoot';
import type { GroupChanges, PhotoGroup } from './messages.ts';

/** Finds which files belong together, and what of that is new. */
export class Groups {
  /** As text, by id: what the page knows. */
  readonly #known = new Map<string, string>();

  update(files: readonly ShootFile[]): GroupChanges & { photos: number } {
    const shoot = groupShoot(files);
    const groups = groupsOf(shoot);
    const ids = new Set(groups.map(({ id }) => id));
    const gone = [...this.#known.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.#known.delete(id);
    const changed = groups.filter((group) => {
      const text = JSON.stringify(group);
      const isNew = this.#known.get(group.id) !== text;
      this.#known.set(group.id, text);
      return isNew;
    });
    return { changed, gone, photos: shoot.shots.filter(({ of }) => of === undefined).length };
  }
}

function groupsOf({ shots, sets }: Shoot): PhotoGroup[] {
  const byId = new Map(shots.map((shot) => [shot.id, shot]));
  const inSets = new Set(sets.flatMap(({ frames }) => frames.map(({ shot }) => shot)));
  const alone = shots.filter(({ id, files }) => files.length > 1 && !inSets.has(id));
  return [
    ...sets.map((set) => setGroup(set, byId)),
    ...alone.map((shot) => ({ id: shot.id, frames: [frameOf(shot)] })),
  ];
}

function setGroup(set: PhotoSet, shots: ReadonlyMap<string, Shot>): PhotoGroup {
  const { id, kind, frames, expected, complete, missing, cause } = set;
  return {
    id,
    frames: frames.map(({ shot, pos, offset }, index) => ({
      ...frameOf(shots.get(shot) as Shot),
      position: pos ?? index + 1,
      ...(offset === undefined ? {} : { offset }),
    })),
    set: {
      ...{ kind, complete, missing },
      ...(expected === undefined ? {} : { expected }),
      ...(cause === undefined ? {} : { cause }),
    },
  };
}

const frameOf = ({ files }: Shot) => ({ files: files.map(({ path }) => path), position: 1 });
