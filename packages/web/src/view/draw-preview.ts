/// <reference lib="dom" />
import type { Preview } from '@darkslide/client/browser';

/** What each of Exif's eight orientations does to a picture of this size, as a matrix for a canvas. */
const MATRICES: readonly ((width: number, height: number) => DOMMatrix2DInit)[] = [
  () => ({ a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }),
  (width) => ({ a: -1, b: 0, c: 0, d: 1, e: width, f: 0 }),
  (width, height) => ({ a: -1, b: 0, c: 0, d: -1, e: width, f: height }),
  (_, height) => ({ a: 1, b: 0, c: 0, d: -1, e: 0, f: height }),
  () => ({ a: 0, b: 1, c: 1, d: 0, e: 0, f: 0 }),
  (_, height) => ({ a: 0, b: 1, c: -1, d: 0, e: height, f: 0 }),
  (width, height) => ({ a: 0, b: -1, c: -1, d: 0, e: height, f: width }),
  (width) => ({ a: 0, b: -1, c: 1, d: 0, e: 0, f: width }),
];
/** From this one on, width and height change places. */
const FIRST_TURNED = 5;

/** Draws a preview the right way up; the canvas gets its size. */
export function drawPreview(canvas: HTMLCanvasElement, { bitmap, orientation }: Preview): void {
  const { width, height } = bitmap;
  const isTurned = orientation >= FIRST_TURNED;
  canvas.width = isTurned ? height : width;
  canvas.height = isTurned ? width : height;
  const context = canvas.getContext('2d');
  context?.setTransform((MATRICES[orientation - 1] ?? (MATRICES[0] as (typeof MATRICES)[0]))(width, height));
  context?.drawImage(bitmap, 0, 0);
}
