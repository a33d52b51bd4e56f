/** The part of the WebAssembly binary format (core specification 2.0, chapter 5) that one function needs. */

export type Code = number[];

const u32 = (value: number): Code => {
  const bytes: Code = [];
  for (let left = value >>> 0; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
};

const s32 = (value: number): Code => {
  const bytes: Code = [];
  for (let left = value | 0; ; left >>= 7) {
    const byte = left & 0x7f;
    if ((left >> 6 === 0 && (byte & 0x40) === 0) || (left >> 6 === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
};

const simd = (opcode: number, ...immediates: Code): Code => [0xfd, ...u32(opcode), ...immediates];

export const I32 = 0x7f;
export const V128 = 0x7b;

export const localGet = (index: number): Code => [0x20, ...u32(index)];
export const localSet = (index: number): Code => [0x21, ...u32(index)];
export const i32Const = (value: number): Code => [0x41, ...s32(value)];
export const i32Add: Code = [0x6a];
export const i32Sub: Code = [0x6b];
/** Runs the body, and repeats it as long as it leaves a value other than 0. */
export const repeatWhile = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0x00, 0x0b];

export const v128Load = (offset: number): Code => simd(0x00, 0, ...u32(offset));
export const v128Store = (offset: number): Code => simd(0x0b, 0, ...u32(offset));
/** Takes bytes from two vectors: 0–15 of the first, 16–31 of the second. */
export const shuffle = (lanes: Code): Code => simd(0x0d, ...lanes);
export const v128Not: Code = simd(0x4d);
export const v128And: Code = simd(0x4e);
/** Bits of the first where the second has zeros. */
export const v128AndNot: Code = simd(0x4f);
export const v128Or: Code = simd(0x50);
export const v128Xor: Code = simd(0x51);
/** Bits of the first where the third has ones, of the second elsewhere. */
export const bitselect: Code = simd(0x52);
export const i32x4Add: Code = simd(0xae);
export const i32x4Shl: Code = simd(0xab);
export const i32x4ShrU: Code = simd(0xad);

const vector = (items: Code[]): Code => [...u32(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...u32(content.length), ...content];
const text = (name: string): Code => [...u32(name.length), ...new TextEncoder().encode(name)];

/** Limits of a memory: with a maximum, and with a maximum and shared (core specification 2.0 with threads, 5.3). */
const LIMITS_UNSHARED = 0x01;
const LIMITS_SHARED = 0x03;

/**
 * A module that imports a memory of at most `pages` of 64 KiB as `env.memory`, and exports one function without result.
 * Only the declaration of the memory depends on whether it is shared; the code is the same.
 */
export function moduleOf({
  name,
  params,
  locals,
  body,
  pages,
  shared,
}: {
  name: string;
  params: Code;
  locals: { type: number; count: number };
  body: Code;
  pages: number;
  shared: boolean;
}): Uint8Array<ArrayBuffer> {
  const code = [...vector([[...u32(locals.count), locals.type]]), ...body, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([[0x60, ...vector(params.map((type) => [type])), 0x00]])),
    ...section(
      2,
      vector([
        [...text('env'), ...text('memory'), 0x02, shared ? LIMITS_SHARED : LIMITS_UNSHARED, ...u32(1), ...u32(pages)],
      ]),
    ),
    ...section(3, vector([[0x00]])),
    ...section(7, vector([[...text(name), 0x00, 0x00]])),
    ...section(10, vector([[...u32(code.length), ...code]])),
  ]);
}
