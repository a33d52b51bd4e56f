/** Bytes that a parser asked for and that are not loaded yet. The caller of the parser loads them and begins again. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
  readonly from: number;
  readonly to: number;

  constructor(from: number, to: number) {
    super(`Bytes ${from} to ${to} are not loaded`);
    this.from = from;
    this.to = to;
  }
}

/** The file says something that can't be: an offset behind its end, a loop, a length that does not fit. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}

type Piece = { from: number; view: DataView };

/**
 * A file of which only some ranges are loaded. Parsers read it as if it were whole: what is not loaded throws
 * `NotLoaded`, what lies outside of the file throws `Damaged`.
 */
export class Bytes {
  readonly size: number;
  readonly #pieces: Piece[] = [];
  /** After this nothing more is loaded: what is missing counts as damaged. */
  #closed = false;

  constructor(size: number) {
    this.size = size;
  }

  add(from: number, bytes: Uint8Array): void {
    this.#pieces.push({ from, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
  }

  close(): void {
    this.#closed = true;
  }

  u8(at: number): number {
    const { from, view } = this.#piece(at, 1);
    return view.getUint8(at - from);
  }

  u16(at: number, littleEndian = false): number {
    const { from, view } = this.#piece(at, 2);
    return view.getUint16(at - from, littleEndian);
  }

  u32(at: number, littleEndian = false): number {
    const { from, view } = this.#piece(at, 4);
    return view.getUint32(at - from, littleEndian);
  }

  /** Unsigned; exact below 2⁵³, which is more than any file has. */
  u64(at: number, littleEndian = false): number {
    const { from, view } = this.#piece(at, 8);
    return Number(view.getBigUint64(at - from, littleEndian));
  }

  f64(at: number, littleEndian = false): number {
    const { from, view } = this.#piece(at, 8);
    return view.getFloat64(at - from, littleEndian);
  }

  f32(at: number, littleEndian = false): number {
    const { from, view } = this.#piece(at, 4);
    return view.getFloat32(at - from, littleEndian);
  }

  /** A view of the bytes, not a copy. */
  slice(at: number, length: number): Uint8Array {
    const { from, view } = this.#piece(at, length);
    return new Uint8Array(view.buffer, view.byteOffset + at - from, length);
  }

  /** One character a byte. */
  latin(at: number, length: number): string {
    return latin(this.slice(at, length));
  }

  /** Whether the bytes at this place are these characters. False behind the end of the file. */
  has(at: number, text: string): boolean {
    return at >= 0 && at + text.length <= this.size && this.latin(at, text.length) === text;
  }

  #piece(at: number, length: number): Piece {
    const end = at + length;
    for (const piece of this.#pieces) {
      if (at >= piece.from && end <= piece.from + piece.view.byteLength) return piece;
    }
    if (!(at >= 0 && length >= 0 && end <= this.size) || this.#closed) throw new Damaged(`Nothing at ${at}`);
    throw new NotLoaded(at, end);
  }
}

const CHUNK = 4096;

function latin(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

const utf8 = new TextDecoder('utf-8');

/** Text as EXIF has it: up to the first zero, without spaces around. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const own = end < 0 ? bytes : bytes.subarray(0, end);
  return (own.some((byte) => byte > 126) ? utf8.decode(own) : latin(own)).trim();
}

/** Does its work as far as the file allows: what is damaged is left out. */
export function tolerate(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
  }
}
