/** What a camera or a photographer's software writes, by extension, lower-case and without the dot. */

const IMAGES =
  'jpg jpeg jpe jfif mpo jps insp heic heics heif heifs hif avif tif tiff png webp jxl jxr wdp jp2 j2k jpx jpf hdr exr psd psb bmp gif'.split(
    ' ',
  );

const RAWS =
  '3fr ari arw bay cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef ptx pxn raf raw rw2 rwl rwz sr2 srf srw x3f'.split(
    ' ',
  );

/**
 * Settings that belong to a photo: XMP, and what Lightroom, DxO, Capture One, RawTherapee, ON1, Apple, Nikon and Canon
 * keep.
 */
const SIDECARS = 'xmp acr dop cos cot cop pp3 on1 onphoto aae nksc vrd dr4 thm'.split(' ');

const KINDS = new Map<string, 'photo' | 'sidecar'>([
  ...[...IMAGES, ...RAWS].map((extension) => [extension, 'photo'] as const),
  ...SIDECARS.map((extension) => [extension, 'sidecar'] as const),
]);

export type FileKind = 'photo' | 'sidecar' | 'other';

/** What a file is, by its name alone. macOS's `._` twins have a photo's extension, but are not photos. */
export function fileKind(name: string): FileKind {
  if (name.startsWith('.')) return 'other';
  const dot = name.lastIndexOf('.');
  return (dot > 0 && KINDS.get(name.slice(dot + 1).toLowerCase())) || 'other';
}

/**
 * What the files of one shot have in common: `IMG_1` for `IMG_1.CR2`, `IMG_1.JPG`, and for sidecars of both styles,
 * `IMG_1.xmp` and `IMG_1.CR2.xmp`.
 */
export function shotStem(name: string): string {
  const bare = withoutExtension(name);
  return fileKind(bare) === 'photo' ? withoutExtension(bare) : bare;
}

const withoutExtension = (name: string) => name.slice(0, Math.max(name.lastIndexOf('.'), 0)) || name;
