import type { schemas } from '@darkslide/contract';
import type { Shoot, Shot } from '@darkslide/photo';

/** A shoot that is read page by page. */
export type PagedShoot = { shoot: Shoot; membership: ReadonlyMap<string, { set: string; position?: number }> };

export function paged(shoot: Shoot): PagedShoot {
  const membership = new Map<string, { set: string; position?: number }>();
  for (const { id, frames } of shoot.sets) {
    for (const { shot, pos } of frames) membership.set(shot, { set: id, ...(pos !== undefined && { position: pos }) });
  }
  return { shoot, membership };
}

export type ShootPage = Omit<schemas.ShotList, 'shots' | 'unread' | 'next_cursor'> & {
  shots: (Shot & { set?: string; position?: number })[];
  next: number | undefined;
};

/**
 * Shots from `at` on, in the order of capture, with the sets that begin among them and the problems of both. What
 * belongs to no shot comes with the last page.
 */
export function pageOf({ shoot, membership }: PagedShoot, { at, limit }: { at: number; limit: number }): ShootPage {
  const shots = shoot.shots.slice(at, at + limit);
  const isLast = at + limit >= shoot.shots.length;
  const ids = new Set(shots.map(({ id }) => id));
  const paths = new Set(shots.flatMap(({ files }) => files.map(({ path }) => path)));
  const sets = shoot.sets.filter(({ frames }) => ids.has(frames[0]?.shot ?? ''));
  const setIds = new Set(sets.map(({ id }) => id));
  const known = isLast ? knownPaths(shoot) : undefined;
  const isHere = (path: string) => paths.has(path) || known?.has(path) === false;
  return {
    version: shoot.version,
    shots: shots.map((shot) => ({ ...shot, ...membership.get(shot.id) })),
    sets,
    singles: shoot.singles.filter((id) => ids.has(id)),
    problems: shoot.problems.filter(({ set, shot, path }) => {
      if (set !== undefined) return setIds.has(set);
      return shot !== undefined ? ids.has(shot) : isHere(path ?? '');
    }),
    unknown: shoot.unknown.filter(({ path }) => isHere(path)),
    next: isLast ? undefined : at + limit,
  };
}

const knownPaths = ({ shots }: Shoot) => new Set(shots.flatMap(({ files }) => files.map(({ path }) => path)));
