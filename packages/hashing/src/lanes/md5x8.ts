/**
 * MD5 (RFC 1321) of eight streams at once: each step of the algorithm runs on the four 32-bit lanes of a SIMD register,
 * one lane per stream, and on two such groups in turn. MD5 cannot run in parallel within a stream, because each step needs
 * the result of the step before. Four lanes have more than twice the throughput of a scalar MD5 on the same core. The
 * second group costs nothing: its steps run while those of the first wait for their results.
 */

import {
  BLOCK_BYTES,
  constantOf,
  LANES,
  type Md5Kernel,
  roundOf,
  STATE_WORDS,
  STEPS,
  shiftOf,
  wordOf,
} from './md5-steps.ts';
import { type HashMemory, isShared, PAGE_BYTES, wasm } from './memory.ts';
import * as w from './wasm-bytes.ts';

/** Lanes of a register. */
const GROUP_LANES = 4;
const GROUPS = LANES / GROUP_LANES;
/** Bytes of a vector: a 32-bit word of each lane. */
const VECTOR_BYTES = 16;
/** Bytes of the states of a group: the vectors A, B, C and D. */
const GROUP_BYTES = STATE_WORDS * VECTOR_BYTES;
/** Where the constants of the steps are in the function's room. */
const CONSTANTS_OFFSET = GROUPS * GROUP_BYTES;
/** Bytes of the function's own room in the memory: the states of the groups, then the constants. */
export const ROOM_BYTES = CONSTANTS_OFFSET + STEPS * VECTOR_BYTES;

/** The vectors of a step. After each step their roles move on by one. */
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

const VECTORS_PER_GROUP = 4 + 16 + 4 + 4;

// Parameters of the function: where its room is, where each lane's bytes are, how many blocks. Its vectors follow.
const ROOM = 0;
const FIRST_POINTER = 1;
const BLOCKS = FIRST_POINTER + LANES;
const FIRST_VECTOR = BLOCKS + 1;

const groups = Array.from({ length: GROUPS }, (_, index): Group => {
  const vector = FIRST_VECTOR + index * VECTORS_PER_GROUP;
  const pointer = FIRST_POINTER + index * GROUP_LANES;
  return {
    offset: index * GROUP_BYTES,
    pointers: [pointer, pointer + 1, pointer + 2, pointer + 3],
    state: { a: vector, b: vector + 1, c: vector + 2, d: vector + 3 },
    words: vector + 4,
    temporaries: vector + 20,
    saved: vector + 24,
  };
});

/**
 * Adds the round's function of b, c and d to the top of the stack. The code uses b as late as possible, because the step
 * before has only just computed it. The two halves of the second function have no bit in common, so each is added alone.
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

/** a = b + rotate(a + f(b, c, d) + word + constant, shift). The constant is read from memory, so that it takes no register. */
function step(index: number, words: number, vectors: Vectors): w.Code {
  const { a, b } = vectors;
  const shift = shiftOf(index);
  const word = words + wordOf(index);
  return [
    ...[
      ...w.localGet(word),
      ...w.localGet(ROOM),
      ...w.v128Load(CONSTANTS_OFFSET + index * VECTOR_BYTES),
      ...w.i32x4Add,
    ],
    ...[...w.localGet(a), ...w.i32x4Add, ...addMix(roundOf(index), vectors), ...w.localSet(a)],
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

function steps(): w.Code {
  const code: w.Code = [];
  let turns = groups.map(({ words, state }) => ({ words, state }));
  for (let index = 0; index < STEPS; index += 1) {
    for (const { words, state } of turns) code.push(...step(index, words, state));
    turns = turns.map(({ words, state: { a, b, c, d } }) => ({ words, state: { a: d, b: a, c: b, d: c } }));
  }
  return code;
}

/** Code for each vector of the states, which are A, B, C and D of a group. */
function forStates(codeOf: (vector: { local: number; saved: number; offset: number }) => w.Code): w.Code {
  return groups.flatMap(({ state: { a, b, c, d }, saved, offset }) =>
    [a, b, c, d].flatMap((local, index) =>
      codeOf({ local, saved: saved + index, offset: offset + index * VECTOR_BYTES }),
    ),
  );
}

/** One block of every lane. */
const block = (): w.Code => [
  ...groups.flatMap((group) => [0, 16, 32, 48].flatMap((offset) => loadWords(group, offset))),
  ...forStates(({ local, saved }) => [...w.localGet(local), ...w.localSet(saved)]),
  ...steps(),
  ...forStates(({ local, saved }) => [...w.localGet(local), ...w.localGet(saved), ...w.i32x4Add, ...w.localSet(local)]),
  ...groups.flatMap(({ pointers }) =>
    pointers.flatMap((local) => [...w.localGet(local), ...w.i32Const(BLOCK_BYTES), ...w.i32Add, ...w.localSet(local)]),
  ),
  ...[...w.localGet(BLOCKS), ...w.i32Const(1), ...w.i32Sub, ...w.localSet(BLOCKS)],
  ...w.localGet(BLOCKS),
];

const body = (): w.Code => [
  ...forStates(({ local, offset }) => [...w.localGet(ROOM), ...w.v128Load(offset), ...w.localSet(local)]),
  ...w.repeatWhile(block()),
  ...forStates(({ local, offset }) => [...w.localGet(ROOM), ...w.localGet(local), ...w.v128Store(offset)]),
];

type Exported = (room: number, ...addressesAndBlocks: number[]) => void;

/** @param room a multiple of 4; the `ROOM_BYTES` of the memory from there on are used for working. */
export function createMd5x8(memory: HashMemory, room: number): Md5Kernel {
  const bytes = w.moduleOf({
    name: 'md5x8',
    params: Array.from({ length: FIRST_VECTOR }, () => w.I32),
    locals: { type: w.V128, count: GROUPS * VECTORS_PER_GROUP },
    body: body(),
    pages: memory.buffer.byteLength / PAGE_BYTES,
    shared: isShared(memory),
  });
  const instance = new wasm.Instance(new wasm.Module(bytes), { env: { memory } });
  const md5x8 = instance.exports.md5x8 as Exported;
  const constants = new Uint32Array(memory.buffer, room + CONSTANTS_OFFSET, STEPS * GROUP_LANES);
  for (let index = 0; index < STEPS; index += 1) {
    constants.fill(constantOf(index), index * GROUP_LANES, (index + 1) * GROUP_LANES);
  }
  const states = new Uint32Array(memory.buffer, room, LANES * STATE_WORDS);
  return {
    setState(lane, state) {
      for (let word = 0; word < STATE_WORDS; word += 1) states[indexOf(lane, word)] = state[word] as number;
    },
    getState(lane, state) {
      for (let word = 0; word < STATE_WORDS; word += 1) state[word] = states[indexOf(lane, word)] as number;
    },
    run(addresses, blocks) {
      // Lanes without a stream hash the bytes of the first one; their results are not used.
      const all = Array.from({ length: LANES }, (_, lane) => addresses[lane] ?? addresses[0] ?? 0);
      md5x8(room, ...all, blocks);
    },
  };
}

/** Where a lane's word is among the states: A of each lane of a group, then B, C and D. */
function indexOf(lane: number, word: number): number {
  const group = Math.floor(lane / GROUP_LANES);
  return (group * STATE_WORDS + word) * GROUP_LANES + (lane % GROUP_LANES);
}
