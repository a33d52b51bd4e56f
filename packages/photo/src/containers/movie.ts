import { type Bytes, tolerate } from '../bytes.ts';
import type { Tags } from '../tags.ts';
import { type Box, box, boxAt, boxes } from './boxes.ts';

/** Seconds from 1904, which QuickTime counts from, to 1970. */
const EPOCH_1904 = 2_082_844_800;

const KEYS: Record<string, string> = {
  'com.apple.quicktime.content.identifier': 'Apple:ContentIdentifier',
  'com.apple.quicktime.make': 'Make',
  'com.apple.quicktime.model': 'Model',
  'com.apple.quicktime.creationdate': 'Movie:CreationDate',
};

/** A movie beside a photo: which photo it belongs to, when it was taken. */
export function readMovie(bytes: Bytes, tags: Tags): void {
  const moov = box(bytes, { at: 0, end: bytes.size }, 'moov');
  tolerate(() => {
    const { at } = box(bytes, moov, 'mvhd');
    const seconds = bytes.u8(at) === 1 ? bytes.u64(at + 4) : bytes.u32(at + 4);
    if (seconds > EPOCH_1904) tags.set('Movie:CreatedSeconds', seconds - EPOCH_1904);
  });
  for (const meta of [() => box(bytes, moov, 'meta'), () => boxAt(bytes, moov, ['udta', 'meta'])]) {
    tolerate(() => readKeys(bytes, meta(), tags));
  }
}

const MAX_KEYS = 100;

function readKeys(bytes: Bytes, found: Box, tags: Tags): void {
  // QuickTime's own `meta` has no version in front; that of MPEG-4 has.
  const meta = bytes.has(found.at + 4, 'hdlr') ? found : { ...found, at: found.at + 4 };
  const keys = box(bytes, meta, 'keys');
  const names: string[] = [];
  let at = keys.at + 8;
  for (let index = 0; index < Math.min(bytes.u32(keys.at + 4), MAX_KEYS) && at + 8 <= keys.end; index += 1) {
    const length = bytes.u32(at);
    if (length < 8 || at + length > keys.end) break;
    names.push(bytes.latin(at + 8, length - 8));
    at += length;
  }
  const values = box(bytes, meta, 'ilst');
  for (const item of boxes(bytes, values.at, values.end)) {
    const index = [...item.type].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
    const name = KEYS[names[index - 1] ?? ''];
    if (name === undefined) continue;
    const data = box(bytes, item, 'data');
    tags.set(name, bytes.latin(data.at + 8, Math.max(0, Math.min(data.end - data.at - 8, 200))).trim());
  }
}
