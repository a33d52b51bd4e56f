/** As much of WebAssembly's JavaScript interface as is used here; TypeScript has it in its DOM library only. */
type WebAssemblyInterface = {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { env: { memory: SharedMemory } },
  ) => { exports: Readonly<Record<string, unknown>> };
};

export type SharedMemory = { readonly buffer: SharedArrayBuffer };

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly;
