/**
 * MD5 of four streams at once. MD5 is a chain in which each step waits for the one before, so one stream leaves most
 * of a core idle; four in the lanes of one SIMD register take little longer than one. The function is WebAssembly,
 * assembled here, and reads the streams where they lie: in the memory that is shared with the store's thread.
 * The rules are RFC 1321's, the names of its variables too.
 */

export const LANES = 4;
/** Bytes of an MD5 block. */
export const BLOCK = 64;
/** Bytes of one stream's state: the words a, b, c, d. */
export const STATE_BYTES = 16;

/** In the scratch memory: where RFC 1321's table T lies, behind the states; each word once for every lane. */
const SINES = LANES * STATE_BYTES;
export const SCRATCH_BYTES = SINES + 64 * 16;

/** Blocks of one stream, lying one behind another at `address`; `state` is updated in place. */
export type Run = { state: Uint32Array; address: number; blocks: number };

export const initialState = () => Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);

type Transform = (states: number, p0: number, p1: number, p2: number, p3: number, blocks: number) => void;

export class Md5Lanes {
  readonly #states: Uint32Array;
  readonly #statesAddress: number;
  readonly #transform: Transform;

  /** Uses `SCRATCH_BYTES` of the memory from `scratch` on, a multiple of 16. */
  constructor(memory: WebAssembly.Memory, scratch: number) {
    const pages = memory.buffer.byteLength / 65536;
    const module = new WebAssembly.Module(assembleTransform(pages));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#transform = exports.transform as Transform;
    this.#statesAddress = scratch;
    const sines = new Uint32Array(memory.buffer, scratch + SINES, 64 * LANES);
    for (let step = 0; step < 64; step++) sines.fill(sine(step), step * LANES, (step + 1) * LANES);
    this.#states = new Uint32Array(memory.buffer, scratch, (LANES * STATE_BYTES) / 4);
  }

  /** Hashes all runs, up to four of different streams. */
  update(runs: readonly Run[]): void {
    let left = runs.filter(({ blocks }) => blocks > 0);
    while (left.length > 0) {
      const blocks = Math.min(...left.map((run) => run.blocks));
      this.#updateTogether(left, blocks);
      left = left
        .map(({ state, address, blocks: all }) => ({ state, address: address + blocks * BLOCK, blocks: all - blocks }))
        .filter((run) => run.blocks > 0);
    }
  }

  #updateTogether(runs: readonly Run[], blocks: number): void {
    // A lane without a stream repeats the first one, and its result is dropped.
    const lanes = Array.from({ length: LANES }, (_, lane) => (runs[lane] ?? runs[0]) as Run);
    lanes.forEach(({ state }, lane) => {
      for (let word = 0; word < 4; word++) this.#states[word * LANES + lane] = state[word] as number;
    });
    const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = lanes.map(({ address }) => address);
    this.#transform(this.#statesAddress, p0, p1, p2, p3, blocks);
    runs.forEach(({ state }, lane) => {
      for (let word = 0; word < 4; word++) state[word] = this.#states[word * LANES + lane] as number;
    });
  }
}

// The assembler: WebAssembly's binary format, https://webassembly.github.io/spec/core/binary/

type Code = number[];

const unsigned = (value: number): Code => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]);

const signed = (value: number): Code =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];

const vector = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const name = (text: string): Code => vector([...Buffer.from(text)].map((byte) => [byte]));

const I32 = 0x7f;
const V128 = 0x7b;

const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const i32 = (value: number): Code => [0x41, ...signed(value)];
const simd = (operation: number, ...immediates: Code): Code => [0xfd, ...unsigned(operation), ...immediates];
const load = (offset: number) => simd(0x00, 0, ...unsigned(offset));
const store = (offset: number) => simd(0x0b, 0, ...unsigned(offset));
const shuffle = (...lanes: Code) => simd(0x0d, ...lanes);
const NOT = simd(0x4d);
const AND = simd(0x4e);
const AND_NOT = simd(0x4f);
const OR = simd(0x50);
const XOR = simd(0x51);
const SELECT = simd(0x52);
const SHIFT_LEFT = simd(0xab);
const SHIFT_RIGHT = simd(0xad);
const ADD = simd(0xae);

// Locals: the parameters, then the vectors.
const STATES = 0;
const POINTERS = [1, 2, 3, 4];
const COUNT = 5;
const STATE = [6, 7, 8, 9];
const SAVED = [10, 11, 12, 13];
const X = Array.from({ length: 16 }, (_, index) => 14 + index);
const ROWS = [30, 31, 32, 33];
const VECTORS = 28;

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
/** RFC 1321's T[i], from 0. */
const sine = (step: number) => Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) >>> 0;

/** Which word of the block a step takes. */
const wordOf = (step: number) => [step, 5 * step + 1, 3 * step + 5, 7 * step][step >> 4] ?? 0;

/**
 * RFC 1321's F, G, H and I, added to what is on the stack. Written so that as little as possible waits for b, which
 * the step before has only just made; G's two halves share no bit and may be added one by one.
 */
function addAuxiliary(round: number, b: number, c: number, d: number): Code {
  switch (round) {
    case 0:
      return [...get(c), ...get(d), ...get(b), ...SELECT, ...ADD];
    case 1:
      return [...get(c), ...get(d), ...AND_NOT, ...ADD, ...get(d), ...get(b), ...AND, ...ADD];
    case 2:
      return [...get(c), ...get(d), ...XOR, ...get(b), ...XOR, ...ADD];
    default:
      return [...get(d), ...NOT, ...get(b), ...OR, ...get(c), ...XOR, ...ADD];
  }
}

/** a = b + ((a + F(b, c, d) + X[k] + T[i]) <<< s) */
function stepCode(step: number): Code {
  const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((place) => STATE[(place + 64 - step) % 4]);
  const round = step >> 4;
  const shift = SHIFTS[round]?.[step % 4] ?? 0;
  return [
    ...get(a),
    ...get(X[wordOf(step) % 16] ?? 0),
    ...ADD,
    ...get(STATES),
    ...load(SINES + step * 16),
    ...ADD,
    ...addAuxiliary(round, b, c, d),
    ...set(a),
    ...[...get(a), ...i32(shift), ...SHIFT_LEFT],
    ...[...get(a), ...i32(32 - shift), ...SHIFT_RIGHT],
    ...OR,
    ...get(b),
    ...ADD,
    ...set(a),
  ];
}

/** Turns four words of each of the four streams into four vectors of one word each. */
function loadWords(group: number): Code {
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0] = ROWS;
  const low = shuffle(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const high = shuffle(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const firsts = shuffle(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  const lasts = shuffle(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  const [x0 = 0, x1 = 0, x2 = 0, x3 = 0] = X.slice(group * 4);
  return [
    ...ROWS.flatMap((row, lane) => [...get(POINTERS[lane] ?? 0), ...load(group * 16), ...set(row)]),
    ...[...get(r0), ...get(r1), ...low, ...set(x0), ...get(r0), ...get(r1), ...high, ...set(x2)],
    ...[...get(r2), ...get(r3), ...low, ...set(x1), ...get(r2), ...get(r3), ...high, ...set(x3)],
    ...[...get(x0), ...get(x1), ...firsts, ...set(r0), ...get(x0), ...get(x1), ...lasts, ...set(x1)],
    ...[...get(x2), ...get(x3), ...firsts, ...set(r2), ...get(x2), ...get(x3), ...lasts, ...set(x3)],
    ...[...get(r0), ...set(x0), ...get(r2), ...set(x2)],
  ];
}

function transformBody(): Code {
  const state = STATE.map((local, word) => ({ local, saved: SAVED[word] ?? 0, offset: word * STATE_BYTES }));
  const advance = POINTERS.flatMap((pointer) => [...get(pointer), ...i32(BLOCK), 0x6a, ...set(pointer)]);
  return [
    ...state.flatMap(({ local, offset }) => [...get(STATES), ...load(offset), ...set(local)]),
    ...[0x03, 0x40],
    ...state.flatMap(({ local, saved }) => [...get(local), ...set(saved)]),
    ...[0, 1, 2, 3].flatMap(loadWords),
    ...Array.from({ length: 64 }, (_, step) => stepCode(step)).flat(),
    ...state.flatMap(({ local, saved }) => [...get(local), ...get(saved), ...ADD, ...set(local)]),
    ...advance,
    ...[...get(COUNT), ...i32(1), 0x6b, 0x22, COUNT, 0x0d, 0],
    0x0b,
    ...state.flatMap(({ local, offset }) => [...get(STATES), ...get(local), ...store(offset)]),
    0x0b,
  ];
}

function assembleTransform(pages: number): Uint8Array<ArrayBuffer> {
  const parameters = vector(Array.from({ length: 6 }, () => [I32]));
  const body = [...vector([[...unsigned(VECTORS), V128]]), ...transformBody()];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, ...parameters, 0]])),
    // A shared memory of exactly these pages.
    ...section(2, vector([[...name('env'), ...name('memory'), 2, 3, ...unsigned(pages), ...unsigned(pages)]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...name('transform'), 0, 0]])),
    ...section(10, vector([[...unsigned(body.length), ...body]])),
  ]);
}
