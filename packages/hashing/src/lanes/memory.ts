/** A memory in which streams are hashed: WebAssembly's, where the platform has that. */
export type HashMemory = { readonly buffer: ArrayBufferLike };

/** A WebAssembly memory that other threads can be given. */
export type SharedMemory = { readonly buffer: SharedArrayBuffer };

/** As much of WebAssembly's JavaScript interface as is used here; TypeScript has it in its DOM library only. */
type WebAssemblyInterface = {
  Memory: {
    new (limits: { initial: number; maximum: number; shared: true }): SharedMemory;
    new (limits: { initial: number; maximum: number }): { readonly buffer: ArrayBuffer };
  };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { env: { memory: HashMemory } },
  ) => { exports: Readonly<Record<string, unknown>> };
};

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly;
const hasWasm = typeof wasm !== 'undefined';

/** Bytes of a WebAssembly page. */
export const PAGE_BYTES = 65_536;

/** A memory of `pages` that neither grows nor moves. The system provides each page when it is first touched. */
export const createSharedMemory = (pages: number): SharedMemory =>
  new wasm.Memory({ initial: pages, maximum: pages, shared: true });

/** The same for one thread alone. Works in pages that are not cross-origin isolated, too. */
export const createUnsharedMemory = (pages: number): HashMemory =>
  hasWasm ? new wasm.Memory({ initial: pages, maximum: pages }) : createPlainMemory(pages);

/** A memory for platforms without WebAssembly. */
export const createPlainMemory = (pages: number): HashMemory => ({ buffer: new ArrayBuffer(pages * PAGE_BYTES) });

export const isWasm = (memory: HashMemory): boolean => hasWasm && memory instanceof wasm.Memory;

/** A shared memory where the platform has shared memories, otherwise an unshared one. */
export const createMemory = (pages: number): HashMemory =>
  typeof SharedArrayBuffer === 'undefined' ? createUnsharedMemory(pages) : createSharedMemory(pages);

export const isShared = ({ buffer }: HashMemory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
