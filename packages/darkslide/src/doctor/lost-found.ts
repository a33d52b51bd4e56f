import type { Finding } from '@darkslide/doctor';
import { LostFound } from '@darkslide/store';
import { storeFolder } from '../runtime/embedded-store.ts';
import type { Configuration } from '../settings/configuration.ts';

/** Whether the embedded store has moved files to lost+found that its index does not contain. */
export function lostFound({ dataDir, lostFoundDays }: Configuration): Finding {
  const about = { area: 'Storage', check: 'lost-found', fixable: false };
  const folder = new LostFound(storeFolder(dataDir));
  const count = folder.count();
  if (count === 0) return { ...about, status: 'ok', message: 'There are no files in lost+found.' };
  const files = count === 1 ? '1 file' : `${count.toLocaleString('en')} files`;
  const remedy =
    'after a crash, these are uploads that had no response yet. If photos are missing, stop the server and run ' +
    `\`darkslide store rebuild\`, which restores the newest file of each name. They are removed after ${lostFoundDays} days`;
  const message = `The index did not contain ${files}, now in ${folder.path}: ${remedy}.`;
  return { ...about, status: 'warning', message };
}
