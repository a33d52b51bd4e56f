/** MD5 (RFC 1321) of four streams at once, over a memory that threads share. Knows nothing of where it runs. */
export { initialState, Md5Lanes, type Md5State, type Run, SCRATCH_BYTES } from './md5-lanes.ts';
export { BLOCK, LANES } from './md5x4.ts';
export { createSharedMemory, PAGE, type SharedMemory } from './web-assembly.ts';
