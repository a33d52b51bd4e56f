/** MD5 without WebAssembly, which browsers in a lockdown mode do not have. One stream after the other. */

import { BLOCK_BYTES, constantOf, LANES, type Md5Kernel, STATE_WORDS, STEPS, shiftOf, wordOf } from './md5-steps.ts';
import type { HashMemory } from './memory.ts';

const steps = Array.from({ length: STEPS }, (_, step) => step);
const CONSTANTS = Uint32Array.from(steps, constantOf);
const SHIFTS = Uint8Array.from(steps, shiftOf);
const WORDS = Uint8Array.from(steps, wordOf);

export function createPlainMd5({ buffer }: HashMemory): Md5Kernel {
  const bytes = new DataView(buffer);
  const states = Array.from({ length: LANES }, () => new Uint32Array(STATE_WORDS));
  return {
    setState: (lane, state) => states[lane]?.set(state),
    getState: (lane, state) => state.set(states[lane] ?? []),
    run: (addresses, blocks) =>
      addresses.forEach((address, lane) => {
        for (let block = 0; block < blocks; block += 1) {
          hashBlock(states[lane] as Uint32Array, bytes, address + block * BLOCK_BYTES);
        }
      }),
  };
}

function hashBlock(state: Uint32Array, bytes: DataView, address: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let step = 0; step < STEPS; step += 1) {
    const word = bytes.getUint32(address + 4 * (WORDS[step] as number), true);
    const sum = (a + mix(step, b, c, d) + word + (CONSTANTS[step] as number)) | 0;
    const shift = SHIFTS[step] as number;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  for (const [index, word] of [a, b, c, d].entries()) state[index] = (state[index] as number) + word;
}

function mix(step: number, b: number, c: number, d: number): number {
  if (step < 16) return (b & c) | (~b & d);
  if (step < 32) return (b & d) | (c & ~d);
  if (step < 48) return b ^ c ^ d;
  return c ^ (b | ~d);
}
