import { type Directory, tagNumber, tagText } from '../containers/ifd.ts';
import type { Tags } from '../tags.ts';
import { type Drive, type Maker, openOwn } from './maker.ts';

export const apple: Maker = {
  open: (note) => (note.start.startsWith('Apple iOS\0') ? openOwn(note, 14, 12) : undefined),
  read: readApple,
};

function readApple(notes: Directory, tags: Tags): void {
  tags.set('Apple:HDRImageType', tagNumber(notes, 0x0a));
  tags.set('Apple:BurstUUID', tagText(notes, 0x0b));
  tags.set('Apple:ContentIdentifier', tagText(notes, 0x11));
  tags.set('Apple:ImageUniqueID', tagText(notes, 0x15));
  tags.set('Apple:BracketedCaptureSequenceNumber', tagNumber(notes, 0x1c));
  tags.set('Apple:PhotoIdentifier', tagText(notes, 0x2b));
}

/** Apple's own camera takes no brackets; applications that do say nothing here. A burst has an id. */
export function appleDrive(tags: Tags): Drive | undefined {
  const burst = tags.text('Apple:BurstUUID');
  return burst === undefined ? undefined : { kind: 'burst', setId: burst };
}
