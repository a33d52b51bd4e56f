/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The upload engine for pages: picks files, and sends them from a worker. Needs no secure context: what only https
 * allows is left out, and a notice says so.
 */

export type { schemas } from '@darkslide/contract';
export type { LeftOut } from '../base/left-out.ts';
export type { FailedFile, FailureReason, FileResult, UploadSummary } from '../base/results.ts';
export { mhlDocument } from '../run/asc-mhl.ts';
export type { FileInFlight, Progress } from '../run/events.ts';
export type { ManifestEntry } from '../run/manifest.ts';
export type { PickedFile } from './blob-source.ts';
export type { EventBatch, UploadState } from './engine.ts';
export { rememberedFolder, rememberFolder } from './folders.ts';
export type { FoundSet, GroupChanges, PhotoFrame, PhotoGroup, Preview } from './photos/messages.ts';
export { Photos } from './photos/photos.ts';
export { filesOfDirectory, filesOfDrop, filesOfInput, type PickedBatch } from './pick.ts';
export { createUploader, type Uploader, type UploaderOptions } from './uploader.ts';
export { whyUnreachable } from './xhr-transport.ts';
