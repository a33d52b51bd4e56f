import { type Bytes, Damaged } from '../bytes.ts';

/** A box of an ISO base media file (ISO/IEC 14496-12): its content lies from `at` to `end`. */
export type Box = { type: string; at: number; end: number };

/** More boxes on one level than any photo has. */
const MAX_BOXES = 200;

/** The boxes from here on, one after the other. Ends quietly where the file is cut. */
export function* boxes(bytes: Bytes, from: number, end: number): Generator<Box> {
  let at = from;
  for (let index = 0; index < MAX_BOXES && at + 8 <= end; index += 1) {
    let length = bytes.u32(at);
    let header = 8;
    if (length === 1) {
      if (at + 16 > end) return;
      length = bytes.u64(at + 8);
      header = 16;
    }
    if (length === 0) length = end - at;
    if (length < header || length > end - at) {
      // A photo whose end is missing still tells what it is.
      yield { type: bytes.latin(at + 4, 4), at: Math.min(at + header, end), end };
      return;
    }
    yield { type: bytes.latin(at + 4, 4), at: at + header, end: at + length };
    at += length;
  }
}

/** The first box of this type. @throws {Damaged} where there is none. */
export function box(bytes: Bytes, { at, end }: { at: number; end: number }, type: string): Box {
  for (const found of boxes(bytes, at, end)) if (found.type === type) return found;
  throw new Damaged(`No box "${type}"`);
}

/** Down a path of boxes, the first of each type. @throws {Damaged} where one is missing. */
export function boxAt(bytes: Bytes, within: { at: number; end: number }, path: readonly string[]): Box {
  let found = { type: '', ...within };
  for (const type of path) found = box(bytes, found, type);
  return found;
}
