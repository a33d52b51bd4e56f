import { type PhotoFacts, type PhotoSource, previewRange } from '@darkslide/photo';

/** Of the longer side, in pixels. */
const MIN_SIDE = 160;
const MAX_THUMBNAIL_BYTES = 256 * 1024;
const SOI = Buffer.from([0xff, 0xd8]);

/**
 * The smallest JPEG in a photo that shows it well enough, as an object of its own. Undefined where there is none.
 * @throws only what `source.read` throws.
 */
export async function makeThumbnail(source: PhotoSource, facts: PhotoFacts): Promise<Uint8Array | undefined> {
  const preview = await previewRange(source, facts, { minWidth: MIN_SIDE, maxBytes: MAX_THUMBNAIL_BYTES });
  if (preview === undefined || Math.max(preview.width, preview.height) < MIN_SIDE) return undefined;
  const { offset, length, orientation } = preview;
  const jpeg = await source.read(offset, offset + length);
  if (jpeg.length !== length || !SOI.equals(jpeg.subarray(0, SOI.length))) return undefined;
  return Buffer.concat([SOI, exifOrientation(orientation), jpeg.subarray(SOI.length)]);
}

/**
 * An APP1 segment that says how to turn the JPEG. An embedded JPEG seldom says so itself, and a browser takes what the
 * first segment says.
 */
function exifOrientation(orientation: number): Buffer {
  const exif = Buffer.from(
    'ffe10022457869660000 4d4d002a00000008 0001 0112000300000001 00000000 00000000'.replaceAll(' ', ''),
    'hex',
  );
  exif.writeUInt16BE(orientation, VALUE_AT);
  return exif;
}

/** Marker and length, `Exif`, the TIFF header, the number of entries; tag, type and count of the only one. */
const VALUE_AT = 4 + 6 + 8 + 2 + 8;
