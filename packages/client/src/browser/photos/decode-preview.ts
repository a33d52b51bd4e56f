/// <reference lib="dom" />
import type { PhotoFacts } from '@darkslide/photo';
import { previewRange } from '@darkslide/photo/read-photo';
import { sourceOf } from './heads.ts';
import type { Preview } from './messages.ts';

/** Of one file, for its preview. */
const MAX_BYTES = 1.5 * 1024 * 1024;

/** The JPEG inside of a photo, or the photo itself where it is a small JPEG. Undefined where there is none to show. */
export async function decodePreview(file: File, facts: PhotoFacts, width: number): Promise<Preview | undefined> {
  const inside = await previewRange(sourceOf(file), facts, { minWidth: width, maxBytes: MAX_BYTES });
  const whole = facts.kind === 'jpeg' && file.size <= MAX_BYTES ? { offset: 0, length: file.size } : undefined;
  const range = inside ?? whole;
  if (!range) return undefined;
  const bytes = new Uint8Array(await file.slice(range.offset, range.offset + range.length).arrayBuffer());
  // Firefox decodes no blob of several parts.
  const jpeg = await new Blob(withoutExif(bytes)).arrayBuffer();
  const bitmap = await decode(new Blob([jpeg], { type: 'image/jpeg' }), width);
  return { bitmap, orientation: facts.orientation ?? 1 };
}

/** Small at once, where the browser can do that. */
async function decode(jpeg: Blob, width: number): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(jpeg, { resizeWidth: width, resizeQuality: 'medium' });
  } catch {
    return createImageBitmap(jpeg);
  }
}

/**
 * Browsers turn a JPEG as its Exif says, and do not agree on how to ask them not to. A preview's Exif may say something
 * else than that of its file, which is right.
 */
function withoutExif(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const isSegment = (at: number, marker: number) => jpeg[at] === 0xff && jpeg[at + 1] === marker;
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at] === 0xff && !isSegment(at, 0xda) && at + 4 <= jpeg.length) {
    const end = at + 2 + ((jpeg[at + 2] as number) << 8) + (jpeg[at + 3] as number);
    if (!isSegment(at, 0xe1)) kept.push(jpeg.subarray(at, end));
    at = end;
  }
  return [...kept, jpeg.subarray(at)];
}
