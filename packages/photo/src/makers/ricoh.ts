import { type Directory, tagNumber } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openAt } from './maker.ts';

export const ricoh: Maker = {
  open: (note) =>
    /^(PENTAX )?RICOH/i.test(note.make) && /^(Ricoh|RICOH)/.test(note.start) ? openAt(note, 8) : undefined,
  read: readRicoh,
};

function readRicoh(notes: Directory, tags: Tags): void {
  tags.set('Ricoh:AutoBracketing', tagNumber(notes, 0x1007));
}

export function ricohDrive(tags: Tags): Drive | undefined {
  const mode = tags.number('Ricoh:AutoBracketing');
  if (mode === undefined) return undefined;
  return { kind: mode === 9 ? 'exposure' : mode === 0 ? 'none' : 'wb' };
}
