import { attach } from './attach.ts';
import { type Frame, first } from './frames.ts';
import { offsetsTell } from './keys.ts';
import { isSidecar, isVideo, type Named, named } from './names.ts';
import { bodiesOf, inOrder, taken, wholeOrder } from './order.ts';
import { problemsOf } from './problems.ts';
import { type Judged, setsOf } from './sets.ts';
import type { PhotoSet, Shoot, ShootFile, Shot } from './shoot.ts';
import { shotsOf } from './shots.ts';

/**
 * Puts the files of a shoot together: files of one press of the shutter to shots, shots that a camera or a photographer
 * took as a series to sets. The result depends on the files alone, not on their order; sets stay when files are added
 * elsewhere.
 * @param files what `readPhoto` returned for each photo, as `facts`; sidecars go without, or with those of the XMP.
 */
export function groupShoot(files: readonly ShootFile[]): Shoot {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const loose = sorted.map((file) => ({ named: named(file.path), file, ...(file.facts ? { facts: file.facts } : {}) }));
  const photos = sorted.filter((_, index) => !isLoose(loose[index] as (typeof loose)[number]));
  const frames = shotsOf(photos);
  const sidecars = loose.filter((one) => isSidecar(one.named));
  const orphans = attach(
    frames,
    sidecars,
    loose.filter((one) => !isSidecar(one.named) && isLoose(one)),
  );
  const bodies = bodiesOf(frames.filter((frame) => frame.facts.time !== undefined)).map(inOrder);
  const timeless = frames.filter((frame) => frame.facts.time === undefined);
  const ordered = [...wholeOrder(bodies), ...timeless];
  const ids = idsOf(ordered);
  const judged = bodies.flatMap((body) => setsOf(taken(body.filter((frame) => !frame.derived))));
  const place = new Map(ordered.map((frame, index) => [ids.get(frame) as string, index]));
  // `setsOf` may have corrected what a frame says: its files tell which it is.
  const byFiles = new Map(frames.map((frame) => [frame.files, frame]));
  const sets = outputSets(judged, ({ files: own }) => ids.get(byFiles.get(own) as Frame) as string).sort(
    (a, b) => (place.get(a.frames[0]?.shot ?? '') ?? 0) - (place.get(b.frames[0]?.shot ?? '') ?? 0),
  );
  const shots = ordered.map((frame, order) => outputShot(frame, order, ids));
  const inSets = new Set(sets.flatMap((set) => set.frames.map(({ shot }) => shot)));
  const unknown = [
    ...ordered.flatMap((frame) =>
      frame.files.flatMap(({ named, facts }) => (facts.reason ? [{ path: named.path, reason: facts.reason }] : [])),
    ),
    ...orphans.map(({ path }) => ({ path, reason: 'It belongs to none of these photos.' })),
  ];
  const singles = shots.filter((shot) => !inSets.has(shot.id) && shot.of === undefined).map(({ id }) => id);
  return { version: 1, shots, sets, singles, problems: problemsOf({ shots, sets, unknown, orphans }), unknown };
}

const isLoose = ({ named: name, facts }: { named: Named; facts?: ShootFile['facts'] }) =>
  isSidecar(name) || isVideo(name) || facts?.kind === 'sidecar' || facts?.kind === 'video';

/** A shot's path without its extension, or with it where two shots share that. */
function idsOf(frames: readonly Frame[]): Map<Frame, string> {
  const short = (frame: Frame) => first(frame).named.path.replace(/\.[^./\\]*$/, '');
  const counts = new Map<string, number>();
  for (const frame of frames) counts.set(short(frame), (counts.get(short(frame)) ?? 0) + 1);
  return new Map(
    frames.map((frame) => [frame, counts.get(short(frame)) === 1 ? short(frame) : first(frame).named.path]),
  );
}

function outputShot(frame: Frame, order: number, ids: ReadonlyMap<Frame, string>): Shot {
  const { time, camera, dims, orientation, exposure, previews } = frame.facts;
  const preview = previews?.[0];
  const role = (own: Shot['files'][number]['role']) => frame.derived ?? own;
  return {
    id: ids.get(frame) as string,
    files: [
      ...frame.files.map((file) => ({ path: file.named.path, role: role(file.role) })),
      ...frame.videos.map(({ path }) => ({ path, role: 'video' as const })),
      ...frame.sidecars.map(({ path }) => ({ path, role: 'sidecar' as const })),
    ],
    ...(time ? { t: time.ms } : {}),
    ...(time?.zoneMinutes === undefined ? {} : { tz: time.zoneMinutes }),
    order,
    ...(camera ? { camera } : {}),
    ...(dims ? { dims } : {}),
    ...(orientation === undefined ? {} : { orientation }),
    ...(exposure ? { exposure } : {}),
    ...(preview ? { preview: outputPreview(preview) } : {}),
    ...(frame.derived ? { of: frame.of ? (ids.get(frame.of) as string) : '' } : {}),
  };
}

function outputPreview({ offset, length, width, height }: NonNullable<Frame['facts']['previews']>[number]) {
  return {
    offset,
    length,
    ...(width === undefined ? {} : { w: width }),
    ...(height === undefined ? {} : { h: height }),
  };
}

function outputSets(judged: readonly Judged[], idOf: (frame: Frame) => string): PhotoSet[] {
  const setId = (set: Judged) => `${set.kind}:${idOf((set.frames[0] as Judged['frames'][number]).frame)}`;
  return judged.map((set) => {
    const evs = set.frames.map(({ frame }) => frame.facts.exposure?.ev);
    const base = baseOf(set, evs);
    const offsets = evs.map((ev) => (ev === undefined || base === undefined ? undefined : round(ev - base)));
    return {
      id: setId(set),
      kind: set.kind,
      frames: set.frames.map(({ frame }, index) => ({
        shot: idOf(frame),
        ...(set.positions?.[index] === undefined ? {} : { pos: set.positions[index] }),
        ...(evs[index] === undefined ? {} : { ev: evs[index] }),
        ...(set.kind !== 'exposure' || offsets[index] === undefined ? {} : { offset: offsets[index] }),
      })),
      ...(set.kind === 'exposure' && base !== undefined ? { base, order: signs(offsets) } : {}),
      ...(set.expected === undefined ? {} : { expected: set.expected }),
      ...(set.expectedFrom === undefined ? {} : { expectedFrom: set.expectedFrom }),
      complete: set.complete,
      missing: set.missing,
      ...(set.cause === undefined ? {} : { cause: set.cause }),
      confidence: set.confidence,
      tier: set.tier,
      why: set.why,
      ...(set.continues ? { continues: setId(set.continues) } : {}),
    };
  });
}

/** The exposure that the camera's offset calls 0; else the middle one. */
function baseOf({ frames }: Judged, evs: readonly (number | undefined)[]): number | undefined {
  const byOffset = offsetsTell(frames) ? frames.findIndex(({ frame }) => frame.facts.drive?.offset === 0) : -1;
  if (byOffset >= 0) return evs[byOffset];
  const sorted = evs.filter((ev) => ev !== undefined).toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

const signs = (offsets: readonly (number | undefined)[]) =>
  offsets.map((offset) => ((offset ?? 0) > 0.1 ? '+' : (offset ?? 0) < -0.1 ? '-' : '0')).join('');

const round = (value: number) => Math.round(value * 100) / 100;
