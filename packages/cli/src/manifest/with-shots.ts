import type { ManifestEntry } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';

/** What a file is in its shoot; all null where nothing tells. */
export type ShotOfFile = {
  /** The shot's id: its RAW, JPEG and sidecars have the same. */
  shot: string | null;
  /** The set's id. */
  set: string | null;
  /** Of its shot in the set, from 1. */
  position: number | null;
  /** ISO 8601 by the camera's clock; without a zone where the camera does not write it. */
  capturedAt: string | null;
};

/** Adds to each file which shot it belongs to, and the shot's place in its set. */
export function withShots(entries: readonly ManifestEntry[], shoot: Shoot | undefined): (ManifestEntry & ShotOfFile)[] {
  const places = placesOf(shoot);
  return entries.map((entry) => ({ ...entry, ...(places.get(entry.path) ?? NOTHING) }));
}

const NOTHING: ShotOfFile = { shot: null, set: null, position: null, capturedAt: null };

function placesOf(shoot: Shoot | undefined): Map<string, ShotOfFile> {
  const inSets = new Map(
    (shoot?.sets ?? []).flatMap(({ id, frames }) =>
      frames.map(({ shot, pos }, index) => [shot, { set: id, position: pos ?? index + 1 }] as const),
    ),
  );
  return new Map(
    (shoot?.shots ?? []).flatMap(({ id, files, t, tz }) => {
      const place = { ...NOTHING, ...inSets.get(id), shot: id, capturedAt: isoTime(t, tz) };
      return files.map(({ path }) => [path, place] as const);
    }),
  );
}

function isoTime(clockMs: number | undefined, zoneMinutes: number | undefined): string | null {
  if (clockMs === undefined || Number.isNaN(new Date(clockMs).getTime())) return null;
  const local = new Date(clockMs).toISOString().replace('Z', '');
  if (zoneMinutes === undefined) return local;
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  return `${local}${zoneMinutes < 0 ? '-' : '+'}${two(zoneMinutes / 60)}:${two(zoneMinutes % 60)}`;
}
