import type { ErrorCode } from '@darkslide/contract';
import type { ProjectApi } from '../api/project-api.ts';
import type { ShotPage, StoredShot } from '../api/responses.ts';
import { ProtocolError, RefusedError, UnavailableError } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';

/** `capturedMs`: milliseconds since 1970; null for sidecars, and where the camera does not say. */
type PhotoFacts = { capturedMs: number | null; set: string | null };

/** By file name. */
export type FactsByName = ReadonlyMap<string, PhotoFacts>;

type Options = { api: ProjectApi; clock: Clock; signal: AbortSignal };

/** How often a list that changed while it was read is read again. */
const MOST_READINGS = 5;
/** A server looks for unread photos every few seconds. */
const UNREAD_WAIT_MS = 2000;
/** Files of a large shoot may take minutes to be read; not longer without one more that is. */
const UNREAD_PATIENCE_MS = 2 * 60_000;

/** Servers that do not read photos, or not as many, have no facts. */
const NO_FACTS_CODES = new Set<string>(['photos_not_read', 'too_many_photos'] satisfies ErrorCode[]);

/** What the server knows of the photos; nothing where it does not read them. */
export async function knownFacts(options: Options): Promise<FactsByName> {
  try {
    return factsOf((await readShots(options))?.shots ?? []);
  } catch (error) {
    if (error instanceof RefusedError && NO_FACTS_CODES.has(error.code)) return new Map();
    throw error;
  }
}

/**
 * The facts of all photos: waits until the server has read them.
 * @throws {RefusedError | ProtocolError} where the server does not read photos.
 * @throws {UnavailableError} where it does not go on reading.
 */
export async function allFacts(options: Options): Promise<FactsByName> {
  const { clock, signal } = options;
  let progress = { unread: Number.POSITIVE_INFINITY, at: clock.now() };
  for (;;) {
    const read = await readShots(options);
    if (!read) throw new ProtocolError('This server knows no sets: run the command without --by-set.');
    const { shots, unread } = read;
    if (unread === 0) return factsOf(shots);
    if (unread < progress.unread) progress = { unread, at: clock.now() };
    if (clock.now() - progress.at > UNREAD_PATIENCE_MS) {
      throw new UnavailableError(
        `The server has not read ${unread} files of the project yet, so their sets are not known. Run the same command later, or without --by-set.`,
      );
    }
    await clock.sleep(UNREAD_WAIT_MS, { signal });
  }
}

async function readShots({ api, signal }: Options): Promise<{ shots: StoredShot[]; unread: number } | undefined> {
  for (let reading = 1; ; reading += 1) {
    try {
      const shots: StoredShot[] = [];
      let cursor: string | null = null;
      for (;;) {
        const page: ShotPage | undefined = await api.shots(cursor, { signal });
        if (!page) return undefined;
        shots.push(...page.items);
        if (page.nextCursor === null) return { shots, unread: page.unread };
        if (page.nextCursor === cursor) throw new ProtocolError('The server returned the same page twice.');
        cursor = page.nextCursor;
      }
    } catch (error) {
      const isChanged = error instanceof RefusedError && error.code === ('shots_changed' satisfies ErrorCode);
      if (!isChanged || reading === MOST_READINGS) throw error;
    }
  }
}

function factsOf(shots: readonly StoredShot[]): FactsByName {
  const facts = new Map<string, PhotoFacts>();
  for (const shot of shots) {
    const { set } = shot;
    for (const name of shot.names) facts.set(name, { capturedMs: captureTime(shot), set });
    for (const name of shot.sidecars) facts.set(name, { capturedMs: null, set });
  }
  return facts;
}

/** A camera that tells no time zone is taken to show the time of this machine's zone. */
function captureTime({ cameraMs, zoneMinutes }: StoredShot): number | null {
  if (cameraMs === null) return null;
  if (zoneMinutes !== null) return cameraMs - zoneMinutes * 60_000;
  const shown = new Date(cameraMs);
  const time = new Date(
    ...([shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate()] as const),
    ...([shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds(), shown.getUTCMilliseconds()] as const),
  ).getTime();
  return Number.isNaN(time) ? null : time;
}
