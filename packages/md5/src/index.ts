/** MD5 (RFC 1321) of up to eight streams at once, over a memory that threads share. Knows nothing of where it runs. */
export { initialState, Md5Lanes, type Md5State, type Run, SCRATCH_BYTES } from './md5-lanes.ts';
export { BLOCK, LANES } from './md5x8.ts';
export { createSharedMemory, PAGE, type SharedMemory } from './web-assembly.ts';
