/**
 * MD5 (RFC 1321) of many streams over one memory, eight at a time in SIMD lanes; one at a time, and slower, where
 * the platform has no WebAssembly.
 */
export { initialState, Md5Lanes, type Md5State, type Run, SCRATCH_BYTES } from './lanes/md5-lanes.ts';
export { BLOCK_BYTES, LANES } from './lanes/md5-steps.ts';
export {
  createMemory,
  createPlainMemory,
  createSharedMemory,
  createUnsharedMemory,
  type HashMemory,
  PAGE_BYTES,
  type SharedMemory,
} from './lanes/memory.ts';
export { type Md5Stream, Md5Streams } from './streams.ts';
