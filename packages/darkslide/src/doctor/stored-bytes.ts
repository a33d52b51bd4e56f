import type { Finding } from '@darkslide/doctor';
import { readDamage } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import type { Configuration } from '../settings/configuration.ts';

/** Damaged objects that the finding names. */
const MAX_NAMED = 5;

/** Whether the index of the embedded store contains damaged objects. Reads no stored bytes. */
export function storedBytes({ dataDir }: Configuration): Finding {
  const about = { area: 'Storage', check: 'damage', fixable: false };
  const known = readDamage(storeFolder(dataDir), { limit: MAX_NAMED });
  if (known === undefined) return { ...about, status: 'ok', message: 'Nothing is stored yet.' };
  const { count, objects, lastPassAt } = known;
  const checked =
    lastPassAt === undefined
      ? 'not all bytes were checked yet'
      : `all bytes were checked by ${new Date(lastPassAt).toISOString().slice(0, 10)}`;
  if (count === 0) return { ...about, status: 'ok', message: `No stored object is known to be damaged; ${checked}.` };
  const names = objects.map(({ key, reason }) => `${JSON.stringify(key)} (${reason})`).join(', ');
  const more = count > objects.length ? ` and ${count - objects.length} more` : '';
  const what = count === 1 ? '1 stored object is damaged' : `${count} stored objects are damaged`;
  const remedy =
    'upload them again, or restore the files from a backup; then check all bytes with `darkslide store scrub`';
  return { ...about, status: 'wrong', message: `${what}: ${names}${more}; ${remedy}.` };
}
