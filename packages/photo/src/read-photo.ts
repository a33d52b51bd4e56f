import { Damaged } from './bytes.ts';
import { jpegSize } from './containers/jpeg.ts';
import type { EmbeddedJpeg, PhotoFacts } from './facts.ts';
import { interpret } from './interpret.ts';
import { Loader, type PhotoSource, readTags } from './read-tags.ts';

/**
 * Reads what a photo says about itself: usually from its first 64 KiB, never from more than 1 MiB of it.
 * A file that is damaged, empty, encrypted or no photo has few facts or none, and a `reason`.
 * @param name the file's name, whose extension tells RAW formats apart that are built alike.
 * @throws only what `source.read` throws.
 */
export async function readPhoto(source: PhotoSource, name: string): Promise<PhotoFacts> {
  return interpret(await readTags(source, name));
}

export type Preview = Required<EmbeddedJpeg> & {
  /** How to turn it, 1 to 8, as Exif has it. */
  orientation: number;
};

/** Of a preview, where not said otherwise, in bytes. */
const MAX_PREVIEW_BYTES = 1.5 * 1024 * 1024;
/** Candidates whose size is looked at. */
const MAX_CANDIDATES = 4;

/**
 * Where in a file the JPEG lies that shows the photo best, its size in pixels, and how to turn it. Undefined where
 * there is none that a browser can decode.
 * @param facts what `readPhoto` returned for the same file.
 * @param minWidth the smallest preview of at least this width is taken, where there is one; otherwise the widest.
 * @param maxBytes longer ones are left out.
 * @throws only what `source.read` throws.
 */
export async function previewRange(
  source: PhotoSource,
  facts: PhotoFacts,
  { minWidth = Number.POSITIVE_INFINITY, maxBytes = MAX_PREVIEW_BYTES }: { minWidth?: number; maxBytes?: number } = {},
): Promise<Preview | undefined> {
  const fitting = (facts.previews ?? []).filter(
    ({ offset, length }) => length <= maxBytes && offset + length <= source.size,
  );
  const loader = new Loader(source);
  const sized: Preview[] = [];
  for (const { offset, length } of fitting.slice(0, MAX_CANDIDATES)) {
    try {
      const size = await loader.run((bytes) => jpegSize(bytes, offset, offset + length));
      sized.push({ offset, length, ...size, orientation: facts.orientation ?? 1 });
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
    }
  }
  const byWidth = sized.toSorted((a, b) => a.width - b.width || a.length - b.length);
  return byWidth.find(({ width }) => width >= minWidth) ?? byWidth.at(-1);
}
