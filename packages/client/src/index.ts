/**
 * The upload engine: sends shoots of photos to a darkslide server, or any other of the same contract, and proves that
 * they arrived.
 */
export type { OpenUpload, ProjectItem, StoredFile } from './api/answers.ts';
export type { ProjectApi } from './api/project-api.ts';
export type { ProjectsApi } from './api/projects-api.ts';
export { shownUrl } from './api/server-url.ts';
export type { ClientOptions, ProjectChoice, UploadOptions } from './client.ts';
export { UploadControl } from './core/control.ts';
export * from './core/errors.ts';
export type { FileInFlight, OnEvent, Progress, UploadEvent } from './core/events.ts';
export type { LeftOut } from './core/left-out.ts';
export { type ManifestEntry, manifestOf } from './core/manifest.ts';
export type { DuplicatePolicy, Plan, PlannedFile } from './core/plan.ts';
export type { ReadBackProgress } from './core/read-back.ts';
export type {
  FailedFile,
  FailureReason,
  FileResult,
  Proof,
  SkippedFile,
  UploadedFile,
  UploadSummary,
} from './core/results.ts';
export type { Verdict, VerifyReport } from './core/verify.ts';
export { createClient, type Files, type NodeClient, type NodeClientOptions } from './node/client.ts';
export { stateFolder } from './node/file-memory.ts';
export { type FoundFile, type FoundFiles, findFiles } from './node/find-files.ts';
export type { SelectionOptions } from './node/selection.ts';
export type { FindOptions } from './node/walk.ts';
