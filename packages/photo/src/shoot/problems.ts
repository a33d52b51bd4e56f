import type { Named } from './names.ts';
import type { PhotoSet, Problem, Shoot, Shot } from './shoot.ts';

/** From this share of photos on, a sidecar belongs to each. */
const MOST = 0.5;

/** What a person should look at before the shoot is sent. */
export function problemsOf({
  shots,
  sets,
  unknown,
  orphans,
}: {
  shots: readonly Shot[];
  sets: readonly PhotoSet[];
  unknown: Shoot['unknown'];
  orphans: readonly Named[];
}): Problem[] {
  const lost = new Set(orphans.map(({ path }) => path));
  return [
    ...sets.filter(({ complete }) => complete === false).map(incomplete),
    ...withoutSidecar(shots),
    ...orphans.map(
      ({ path }): Problem => ({
        kind: 'sidecar-without-photo',
        path,
        message: `${path} belongs to none of these photos.`,
      }),
    ),
    ...unknown
      .filter(({ path }) => !lost.has(path))
      .map(({ path, reason }): Problem => ({ kind: 'unreadable', path, message: `${path}: ${reason}` })),
  ];
}

function incomplete({ id, frames, expected, missing, cause }: PhotoSet): Problem {
  const of = expected === undefined ? `${frames.length} of more frames` : `${frames.length} of ${expected} frames`;
  const which =
    missing.length > 0 ? `, without ${missing.length === 1 ? 'number' : 'numbers'} ${missing.join(', ')}` : '';
  return {
    kind: 'incomplete-set',
    set: id,
    message: `The set from ${frames[0]?.shot} has ${of}${which}${cause ? `: ${cause}` : ''}.`,
  };
}

const hasRole = (shot: Shot, role: string) => shot.files.some((file) => file.role === role);

/** RAWs without a sidecar where most RAWs of the folder have one. */
function withoutSidecar(shots: readonly Shot[]): Problem[] {
  const folder = ({ files }: Shot) => (files[0]?.path ?? '').replace(/[/\\]?[^/\\]*$/, '');
  const raws = shots.filter((shot) => hasRole(shot, 'raw'));
  return [...Map.groupBy(raws, folder).values()].flatMap((group) => {
    const bare = group.filter((shot) => !hasRole(shot, 'sidecar'));
    if (bare.length === 0 || bare.length >= group.length * MOST) return [];
    return bare.map(
      ({ id, files }): Problem => ({
        kind: 'missing-sidecar',
        shot: id,
        message: `${files[0]?.path} has no sidecar, most photos beside it have one.`,
      }),
    );
  });
}
