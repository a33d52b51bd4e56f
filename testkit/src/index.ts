/**
 * What tests and benchmarks share: a proxy that misbehaves, photos that cost nothing, the shipped binary under
 * control, an HTTP client that adds no headers, and the programs that client specs drive. Not published.
 */
import { ERRORS } from '@darkslide/contract';

export * from './cluster.ts';
export * from './darkslide.ts';
export { type Exposed, exifPhoto } from './exif-photo.ts';
export * from './failing-disk.ts';
export * from './fault-proxy.ts';
export * from './faults.ts';
export * from './forward-proxy.ts';
export * from './http-client.ts';
export * from './photos.ts';
export * from './ports.ts';
export * from './random.ts';
export * from './run.ts';
export * from './stack.ts';
export { type Finding, probeStorage } from './storage-probes/index.ts';
export * from './target.ts';
export * from './temporary.ts';
export * from './terminal.ts';
export * from './token-bucket.ts';
export { ensurePackages, isOnPath, ToolMissingError } from './tools/apt.ts';
export { BROWSERS, type Tab } from './tools/browsers.ts';
export * from './tools/ceph-rgw.ts';
export * from './tools/chromium.ts';
export { type Nginx, type ProxiedAnswer, startNginxWith } from './tools/nginx.ts';
export { ensureNodeModules } from './tools/npm.ts';
export * from './tools/postgres.ts';
export * from './tools/programs.ts';
export * from './tools/python.ts';
export * from './tools/seaweedfs.ts';
export type { StorageEngine } from './tools/storage-engine.ts';
export * from './workspace.ts';

/** Every `error.code` of the API, with its status. */
export const errorCatalogue: readonly { code: string; status: number }[] = Object.entries(ERRORS).map(
  ([code, { status }]) => ({ code, status }),
);
