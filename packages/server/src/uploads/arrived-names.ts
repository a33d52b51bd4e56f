import { compareBytes, prefixOf } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/** Objects on one page of storage's listing, S3's most. */
const PAGE = 1000;

/**
 * Of these names, those that storage holds in a project. Reads the listing from name to name: as many pages as there
 * are names at most, and one for names that stand together, as a camera's do.
 */
export async function arrivedAmong(
  store: Pick<ObjectStore, 'list'>,
  projectUuid: string,
  names: readonly string[],
): Promise<Set<string>> {
  const prefix = prefixOf(projectUuid);
  const keys = names.map((name) => prefix + name).sort(compareBytes);
  const wanted = new Set(keys);
  const arrived = new Set<string>();
  let lastKey = '';
  for (const key of keys) {
    if (lastKey !== '' && compareBytes(key, lastKey) <= 0) continue;
    // What a key begins with sorts before it, with little in between.
    const before = [...key].slice(0, -1).join('');
    const startAfter = compareBytes(before, lastKey) > 0 ? before : lastKey;
    const { objects, more } = await store.list({ prefix, startAfter, limit: PAGE });
    for (const object of objects) if (wanted.has(object.key)) arrived.add(object.key.slice(prefix.length));
    if (!more) break;
    lastKey = objects.at(-1)?.key ?? lastKey;
  }
  return arrived;
}
