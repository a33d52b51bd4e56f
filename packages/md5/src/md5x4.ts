/**
 * MD5 (RFC 1321) of four streams at once: each step of the algorithm runs on four 32-bit lanes of a SIMD register, one
 * a stream. MD5 can't be made parallel within a stream; over four it gives more than twice the throughput of a scalar
 * one on the same core.
 */
import * as w from './wasm-bytes.ts';
import { PAGE, type SharedMemory, wasm } from './web-assembly.ts';

/** Bytes that MD5 takes at a time. */
export const BLOCK = 64;
/** Streams that are hashed at once. */
export const LANES = 4;
/** Bytes of a vector: a 32-bit word of each lane. */
const VECTOR = 16;
const STEPS = 64;
/** Bytes of the four states: the vectors A, B, C and D. */
const STATE_BYTES = 4 * VECTOR;
/** Bytes of the function's own room in the memory: the states, then the constants of the steps. */
export const ROOM_BYTES = STATE_BYTES + STEPS * VECTOR;

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** RFC 1321, 3.4: the integer part of 4294967296 × |sin(i)|. */
const sine = (step: number) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) >>> 0;

/** Which word of the block a step takes. */
const wordOf = [
  (step: number) => step,
  (step: number) => (5 * step + 1) % 16,
  (step: number) => (3 * step + 5) % 16,
  (step: number) => (7 * step) % 16,
] as const;

// Parameters of the function: where its room is, where each lane's bytes are, how many blocks.
const ROOM = 0;
const POINTERS = [1, 2, 3, 4] as const;
const BLOCKS = 5;
// Its vectors.
const [A, B, C, D] = [6, 7, 8, 9] as const;
const WORDS = 10;
const TEMPORARIES = 26;
const SAVED = 30;
const VECTORS = 4 + 16 + 4 + 4;

type Vectors = { a: number; b: number; c: number; d: number };

/**
 * Adds the round's function of b, c and d to what is on the stack. As little as possible waits for b, which the step
 * before has only just made; the two halves of the second have no bit in common and can be added one by one.
 */
function addMix(round: number, { b, c, d }: Vectors): w.Code {
  const [B, C, D] = [w.localGet(b), w.localGet(c), w.localGet(d)];
  switch (round) {
    case 0:
      return [...C, ...D, ...B, ...w.bitselect, ...w.i32x4Add];
    case 1:
      return [...C, ...D, ...w.v128AndNot, ...w.i32x4Add, ...D, ...B, ...w.v128And, ...w.i32x4Add];
    case 2:
      return [...C, ...D, ...w.v128Xor, ...B, ...w.v128Xor, ...w.i32x4Add];
    default:
      return [...D, ...w.v128Not, ...B, ...w.v128Or, ...C, ...w.v128Xor, ...w.i32x4Add];
  }
}

/** a = b + rotate(a + f(b, c, d) + word + constant, shift). The constant comes from memory, which leaves registers. */
function step(index: number, vectors: Vectors): w.Code {
  const round = Math.floor(index / 16);
  const { a, b } = vectors;
  const shift = SHIFTS[round]?.[index % 4] ?? 0;
  const word = WORDS + (wordOf[round]?.(index) ?? 0);
  return [
    ...[...w.localGet(word), ...w.localGet(ROOM), ...w.v128Load(STATE_BYTES + index * VECTOR), ...w.i32x4Add],
    ...[...w.localGet(a), ...w.i32x4Add, ...addMix(round, vectors), ...w.localSet(a)],
    ...[...w.localGet(a), ...w.i32Const(shift), ...w.i32x4Shl],
    ...[...w.localGet(a), ...w.i32Const(32 - shift), ...w.i32x4ShrU, ...w.v128Or],
    ...[...w.localGet(b), ...w.i32x4Add, ...w.localSet(a)],
  ];
}

const LOW_WORDS = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const HIGH_WORDS = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Four words of each lane, from `offset` in the block, as four vectors with one word of every lane. */
function loadWords(offset: number): w.Code {
  const t = (index: number) => TEMPORARIES + index;
  const load = (lane: number) => [...w.localGet(POINTERS[lane] ?? 0), ...w.v128Load(offset)];
  const pick = (from: readonly [w.Code, w.Code], lanes: w.Code, to: number) => [
    ...from[0],
    ...from[1],
    ...w.shuffle(lanes),
    ...w.localSet(to),
  ];
  const first = WORDS + offset / 4;
  const get = (index: number) => w.localGet(t(index));
  return [
    ...pick([load(0), load(1)], LOW_WORDS, t(0)),
    ...pick([load(2), load(3)], LOW_WORDS, t(1)),
    ...pick([load(0), load(1)], HIGH_WORDS, t(2)),
    ...pick([load(2), load(3)], HIGH_WORDS, t(3)),
    ...pick([get(0), get(1)], LOW_HALVES, first),
    ...pick([get(0), get(1)], HIGH_HALVES, first + 1),
    ...pick([get(2), get(3)], LOW_HALVES, first + 2),
    ...pick([get(2), get(3)], HIGH_HALVES, first + 3),
  ];
}

function steps(): w.Code {
  const code: w.Code = [];
  let vectors: Vectors = { a: A, b: B, c: C, d: D };
  for (let index = 0; index < STEPS; index += 1) {
    code.push(...step(index, vectors));
    const { a, b, c, d } = vectors;
    vectors = { a: d, b: a, c: b, d: c };
  }
  return code;
}

const STATES = [A, B, C, D];

const block = (): w.Code => [
  ...[0, 16, 32, 48].flatMap(loadWords),
  ...STATES.flatMap((local, index) => [...w.localGet(local), ...w.localSet(SAVED + index)]),
  ...steps(),
  ...STATES.flatMap((local, index) => [
    ...[...w.localGet(local), ...w.localGet(SAVED + index), ...w.i32x4Add, ...w.localSet(local)],
  ]),
  ...POINTERS.flatMap((local) => [...w.localGet(local), ...w.i32Const(BLOCK), ...w.i32Add, ...w.localSet(local)]),
  ...[...w.localGet(BLOCKS), ...w.i32Const(1), ...w.i32Sub, ...w.localSet(BLOCKS)],
  ...w.localGet(BLOCKS),
];

const body = (): w.Code => [
  ...STATES.flatMap((local, index) => [...w.localGet(ROOM), ...w.v128Load(index * VECTOR), ...w.localSet(local)]),
  ...w.repeatWhile(block()),
  ...STATES.flatMap((local, index) => [...w.localGet(ROOM), ...w.localGet(local), ...w.v128Store(index * VECTOR)]),
];

export type Md5x4 = {
  /** The states: A of each lane, then B, C and D. */
  readonly states: Uint32Array;
  /** Hashes `blocks` (at least 1) blocks of each lane, from its address on, into the states. */
  run(lane0: number, lane1: number, lane2: number, lane3: number, blocks: number): void;
};

type Exported = (room: number, lane0: number, lane1: number, lane2: number, lane3: number, blocks: number) => void;

/** @param room a multiple of 4; the `ROOM_BYTES` of the memory from there on are used for working. */
export function createMd5x4(memory: SharedMemory, room: number): Md5x4 {
  const bytes = w.moduleOf({
    name: 'md5x4',
    params: Array.from({ length: 6 }, () => w.I32),
    locals: { type: w.V128, count: VECTORS },
    body: body(),
    pages: memory.buffer.byteLength / PAGE,
  });
  const instance = new wasm.Instance(new wasm.Module(bytes), { env: { memory } });
  const md5x4 = instance.exports.md5x4 as Exported;
  const constants = new Uint32Array(memory.buffer, room + STATE_BYTES, STEPS * LANES);
  for (let index = 0; index < STEPS; index += 1) constants.fill(sine(index), index * LANES, (index + 1) * LANES);
  return {
    states: new Uint32Array(memory.buffer, room, 4 * LANES),
    run: (lane0, lane1, lane2, lane3, blocks) => md5x4(room, lane0, lane1, lane2, lane3, blocks),
  };
}
