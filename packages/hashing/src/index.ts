/**
 * MD5 (RFC 1321) of many streams over one memory, eight at a time in SIMD lanes. Runs on any platform that has
 * WebAssembly with SIMD.
 */
export { initialState, Md5Lanes, type Md5State, type Run, SCRATCH_BYTES } from './lanes/md5-lanes.ts';
export { BLOCK_BYTES, LANES } from './lanes/md5x8.ts';
export {
  createMemory,
  createSharedMemory,
  createUnsharedMemory,
  type HashMemory,
  PAGE_BYTES,
  type SharedMemory,
} from './lanes/memory.ts';
export { type Md5Stream, Md5Streams } from './streams.ts';
