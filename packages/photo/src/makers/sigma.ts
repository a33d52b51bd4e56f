import { type Directory, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openAt } from './maker.ts';

export const sigma: Maker = {
  open: (note) => (/^(SIGMA|FOVEON)/.test(note.start) ? openAt(note, 10) : undefined),
  read: readSigma,
};

function readSigma(notes: Directory, tags: Tags): void {
  tags.set('Sigma:SerialNumber', tagText(notes, 0x02));
  tags.set('Sigma:DriveMode', tagText(notes, 0x03));
  tags.set('Sigma:AutoBracket', tagText(notes, 0x19));
}

/** "2 of 3", or nothing of the kind where no set is taken. */
export function sigmaDrive(tags: Tags): Drive | undefined {
  const shot = /^\s*(\d+)\s*(?:of|\/)\s*(\d+)/i.exec(tags.text('Sigma:AutoBracket') ?? '');
  const drive = tags.text('Sigma:DriveMode');
  const [position, length] = [Number(shot?.[1]), Number(shot?.[2])];
  if (length >= 2) return { kind: 'exposure', position, length, lengthFrom: 'tag' };
  return drive === undefined ? undefined : { kind: /^(SINGLE|2 ?SEC|10 ?SEC|UP)/i.test(drive) ? 'none' : 'burst' };
}
