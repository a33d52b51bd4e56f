import type { Finding } from '@darkslide/doctor';
import { LostFound } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import type { Configuration } from '../settings/configuration.ts';

/** Whether the embedded store has set files aside that its index does not know. */
export function lostFound({ dataDir, lostFoundDays }: Configuration): Finding {
  const about = { area: 'Storage', check: 'lost-found', fixable: false };
  const folder = new LostFound(storeFolder(dataDir));
  const count = folder.count();
  if (count === 0) return { ...about, status: 'ok', message: 'The store has set no files aside.' };
  const files = count === 1 ? '1 file' : `${count.toLocaleString('en')} files`;
  const remedy = `after a kill, these are uploads that had no answer yet; where photos are missing, stop the server and run "darkslide store rebuild", which brings back the newest of each name. They go after ${lostFoundDays} days`;
  return { ...about, status: 'warning', message: `The index did not know ${files}, now in ${folder.path}: ${remedy}.` };
}
