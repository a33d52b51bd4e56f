/** MD5 (RFC 1321) of up to eight streams at once, over a memory that threads share. Knows nothing of where it runs. */
export { BLOCK } from './md5-kernel.ts';
export { initialState, LANES, Md5Lanes, type Md5State, type Run, SCRATCH_BYTES } from './md5-lanes.ts';
export { createSharedMemory, PAGE, type SharedMemory } from './web-assembly.ts';
