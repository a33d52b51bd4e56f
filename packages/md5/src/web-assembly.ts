/** As much of WebAssembly's JavaScript interface as is used here; TypeScript has it in its DOM library only. */
type WebAssemblyInterface = {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { env: { memory: SharedMemory } },
  ) => { exports: Readonly<Record<string, unknown>> };
};

/** A WebAssembly memory that other threads can be given. */
export type SharedMemory = { readonly buffer: SharedArrayBuffer };

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly;

/** Bytes of a WebAssembly page. */
export const PAGE = 65_536;

/** A memory that neither grows nor moves. The system gives its pages when they are first touched. */
export const createSharedMemory = (pages: number): SharedMemory =>
  new wasm.Memory({ initial: pages, maximum: pages, shared: true });
