import { compareBytes, prefixOf } from '../storage/object-keys.ts';
import type { ObjectStore, StoredObject } from '../storage/object-store.ts';

/** Objects on one page of storage's listing, S3's most. */
const PAGE = 1000;

/**
 * Of these names, those that storage holds in a project, and what it holds there. Reads the listing from name to name: as many pages as there
 * are names at most, and one for names that stand together, as a camera's do.
 */
export async function arrivedAmong(
  store: Pick<ObjectStore, 'list'>,
  projectUuid: string,
  names: readonly string[],
): Promise<Map<string, StoredObject>> {
  const prefix = prefixOf(projectUuid);
  const keys = names.map((name) => prefix + name).sort(compareBytes);
  const wanted = new Set(keys);
  const arrived = new Map<string, StoredObject>();
  let lastKey = '';
  for (const key of keys) {
    if (lastKey !== '' && compareBytes(key, lastKey) <= 0) continue;
    const before = justBefore(key);
    const startAfter = compareBytes(before, lastKey) > 0 ? before : lastKey;
    const { objects, more } = await store.list({ prefix, startAfter, limit: PAGE });
    for (const object of objects) if (wanted.has(object.key)) arrived.set(object.key.slice(prefix.length), object);
    if (!more) break;
    lastKey = objects.at(-1)?.key ?? lastKey;
  }
  return arrived;
}

/** Sorts before the key, after every other name that a camera or a person gives. */
function justBefore(key: string): string {
  const characters = [...key];
  const last = characters.pop()?.codePointAt(0) ?? 0;
  // Below U+E000 are the surrogates, which are not characters.
  const previous = last === 0xe000 ? 0xd7ff : last - 1;
  return `${characters.join('')}${String.fromCodePoint(previous)}\u{10ffff}`;
}
