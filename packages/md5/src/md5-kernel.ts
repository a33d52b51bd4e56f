/**
 * MD5 (RFC 1321) of several streams at once: each step of the algorithm runs on four 32-bit lanes of a SIMD register,
 * one a stream. MD5 can't be made parallel within a stream, as each step waits for the one before. Four streams give
 * more than twice the throughput of a scalar MD5 on the same core; two groups of four, a step of each in turn, give
 * twice as much again, as the steps of one fill the waits of the other.
 */
import * as w from './wasm-bytes.ts';
import { PAGE, type SharedMemory, wasm } from './web-assembly.ts';

/** Bytes that MD5 takes at a time. */
export const BLOCK = 64;
/** Streams in a register. */
export const GROUP = 4;
/** Groups that are hashed at once at most. */
export const MOST_GROUPS = 2;
/** Bytes of a vector: a 32-bit word of each lane. */
const VECTOR = 16;
const STEPS = 64;
/** Words of a state: A, B, C and D. */
export const STATE_WORDS = 4;
/** Bytes of the states of a group: the vectors A, B, C and D. */
const GROUP_BYTES = STATE_WORDS * VECTOR;
/** Where the constants of the steps are in the kernel's room. */
const CONSTANTS = MOST_GROUPS * GROUP_BYTES;
/** Bytes of the kernel's own room in the memory: the states, then the constants. */
export const ROOM_BYTES = CONSTANTS + STEPS * VECTOR;

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

/** The vectors of a step. What each holds moves on by one from step to step. */
type Vectors = { a: number; b: number; c: number; d: number };

/** The locals of a group of four lanes. */
type Group = {
  /** Where the group's states are in the room. */
  offset: number;
  /** Where each lane's next block is. */
  pointers: readonly number[];
  state: Vectors;
  /** The block's sixteen words. */
  words: number;
  /** Four. */
  temporaries: number;
  /** The state before the block. */
  saved: number;
};

const VECTORS_OF_GROUP = 4 + 16 + 4 + 4;

/** The function's parameter 0: where its room is. Then come each lane's address, and how many blocks. */
const ROOM = 0;

function groupOf(index: number, { blocks }: { blocks: number }): Group {
  const first = blocks + 1 + index * VECTORS_OF_GROUP;
  const lane = 1 + index * GROUP;
  return {
    offset: index * GROUP_BYTES,
    pointers: [lane, lane + 1, lane + 2, lane + 3],
    state: { a: first, b: first + 1, c: first + 2, d: first + 3 },
    words: first + 4,
    temporaries: first + 20,
    saved: first + 24,
  };
}

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
function step(index: number, words: number, vectors: Vectors): w.Code {
  const round = Math.floor(index / 16);
  const { a, b } = vectors;
  const shift = SHIFTS[round]?.[index % 4] ?? 0;
  const word = words + (wordOf[round]?.(index) ?? 0);
  return [
    ...[...w.localGet(word), ...w.localGet(ROOM), ...w.v128Load(CONSTANTS + index * VECTOR), ...w.i32x4Add],
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
function loadWords({ pointers, words, temporaries }: Group, offset: number): w.Code {
  const t = (index: number) => temporaries + index;
  const load = (lane: number) => [...w.localGet(pointers[lane] ?? 0), ...w.v128Load(offset)];
  const pick = (from: readonly [w.Code, w.Code], lanes: w.Code, to: number) => [
    ...from[0],
    ...from[1],
    ...w.shuffle(lanes),
    ...w.localSet(to),
  ];
  const first = words + offset / 4;
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

const stateOf = ({ state: { a, b, c, d } }: Group) => [a, b, c, d];

function steps(groups: readonly Group[]): w.Code {
  const code: w.Code = [];
  let turns = groups.map(({ words, state }) => ({ words, state }));
  for (let index = 0; index < STEPS; index += 1) {
    for (const { words, state } of turns) code.push(...step(index, words, state));
    turns = turns.map(({ words, state: { a, b, c, d } }) => ({ words, state: { a: d, b: a, c: b, d: c } }));
  }
  return code;
}

/** One block of every lane. */
function block(groups: readonly Group[], { blocks }: { blocks: number }): w.Code {
  return [
    ...groups.flatMap((group) => [0, 16, 32, 48].flatMap((offset) => loadWords(group, offset))),
    ...groups.flatMap((group) =>
      stateOf(group).flatMap((local, index) => [...w.localGet(local), ...w.localSet(group.saved + index)]),
    ),
    ...steps(groups),
    ...groups.flatMap((group) =>
      stateOf(group).flatMap((local, index) => [
        ...[...w.localGet(local), ...w.localGet(group.saved + index), ...w.i32x4Add, ...w.localSet(local)],
      ]),
    ),
    ...groups.flatMap(({ pointers }) =>
      pointers.flatMap((local) => [...w.localGet(local), ...w.i32Const(BLOCK), ...w.i32Add, ...w.localSet(local)]),
    ),
    ...[...w.localGet(blocks), ...w.i32Const(1), ...w.i32Sub, ...w.localSet(blocks)],
    ...w.localGet(blocks),
  ];
}

function bodyOf(groups: readonly Group[], { blocks }: { blocks: number }): w.Code {
  const each = (move: (local: number, offset: number) => w.Code) =>
    groups.flatMap((group) => stateOf(group).flatMap((local, index) => move(local, group.offset + index * VECTOR)));
  return [
    ...each((local, offset) => [...w.localGet(ROOM), ...w.v128Load(offset), ...w.localSet(local)]),
    ...w.repeatWhile(block(groups, { blocks })),
    ...each((local, offset) => [...w.localGet(ROOM), ...w.localGet(local), ...w.v128Store(offset)]),
  ];
}

/**
 * Hashes `blocks` (at least 1) blocks of each lane, from its address on, into the states that lie in the room: for
 * each group A of its four lanes, then B, C and D.
 */
export type Md5Kernel = (room: number, ...addressesAndBlocks: number[]) => void;

/** A kernel of `groups` × 4 lanes. The room is `ROOM_BYTES`, prepared by `prepareRoom`; kernels may share it. */
export function createMd5Kernel({ memory, groups: count }: { memory: SharedMemory; groups: number }): Md5Kernel {
  const blocks = 1 + count * GROUP;
  const groups = Array.from({ length: count }, (_, index) => groupOf(index, { blocks }));
  const bytes = w.moduleOf({
    name: 'md5',
    params: Array.from({ length: blocks + 1 }, () => w.I32),
    locals: { type: w.V128, count: count * VECTORS_OF_GROUP },
    body: bodyOf(groups, { blocks }),
    pages: memory.buffer.byteLength / PAGE,
  });
  const instance = new wasm.Instance(new wasm.Module(bytes), { env: { memory } });
  return instance.exports.md5 as Md5Kernel;
}

/** Writes the constants of the steps into a room, and answers the words of its states. @param room a multiple of 4. */
export function prepareRoom(memory: SharedMemory, room: number): Uint32Array {
  const constants = new Uint32Array(memory.buffer, room + CONSTANTS, STEPS * GROUP);
  for (let index = 0; index < STEPS; index += 1) constants.fill(sine(index), index * GROUP, (index + 1) * GROUP);
  return new Uint32Array(memory.buffer, room, MOST_GROUPS * STATE_WORDS * GROUP);
}
