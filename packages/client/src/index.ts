/**
 * The upload engine: sends shoots of photos to a darkslide server, or any other of the same contract, and proves that
 * they arrived.
 */

export type { ProjectApi } from './api/project-api.ts';
export type { ProjectsApi } from './api/projects-api.ts';
export type { OpenUpload, ProjectItem, StoredFile } from './api/responses.ts';
export { shownUrl } from './api/server-url.ts';
export * from './base/errors.ts';
export type { LeftOut } from './base/left-out.ts';
export type {
  FailedFile,
  FailureReason,
  FileResult,
  Proof,
  SkippedFile,
  UploadedFile,
  UploadSummary,
} from './base/results.ts';
export type {
  ClientOptions,
  DownloadOptions,
  ProjectChoice,
  UploadOptions,
  UploadPageLink,
  UploadPageOptions,
} from './client.ts';
export type {
  AlreadyHereFile,
  DownloadedFile,
  DownloadFailureReason,
  DownloadResult,
  DownloadSummary,
  UnfetchedFile,
} from './download/results.ts';
export type { DownloadEvent } from './download/run-download.ts';
export { createClient, type Files, type NodeClient, type NodeClientOptions } from './node/client.ts';
export { stateFolder } from './node/file-memory.ts';
export { type FoundFile, type FoundFiles, filesOf, findFiles } from './node/find-files.ts';
export type { SelectionOptions } from './node/selection.ts';
export type { FindOptions } from './node/walk.ts';
export type { DuplicatePolicy, Plan, PlannedFile } from './plan/plan.ts';
export { mhlDocument } from './run/asc-mhl.ts';
export type { FileInFlight, OnEvent, Progress, UploadEvent } from './run/events.ts';
export { type ManifestEntry, manifestOf } from './run/manifest.ts';
export { UploadControl } from './schedule/control.ts';
export type { ReadBackProgress } from './verify/read-back.ts';
export type { Verdict, VerifyReport } from './verify/verify.ts';
