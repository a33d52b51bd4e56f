import type { UploadSummary } from '../base/results.ts';
import type { ManifestEntry } from '../run/manifest.ts';
import type { PickedFile } from './blob-source.ts';
import type { EngineOptions, EventBatch } from './engine.ts';

/** Messages between the page and the engine's worker. */

export type ToEngine =
  | { kind: 'open'; options: EngineOptions }
  | { kind: 'add'; files: readonly PickedFile[] }
  | { kind: 'manifest' }
  | { kind: 'start' | 'pause' | 'resume' | 'cancel' };

export type FromEngine =
  | { kind: 'ready' }
  | { kind: 'added'; files: readonly PickedFile[] }
  | { kind: 'events'; batch: EventBatch }
  | { kind: 'summary'; summary: UploadSummary }
  | { kind: 'error'; error: PlainError }
  | { kind: 'manifest'; entries: readonly ManifestEntry[] }
  | { kind: 'no-manifest'; error: PlainError };

/** An error's own fields: its class does not survive the way. */
export type PlainError = { name: string; message: string } & Record<string, unknown>;

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error || error instanceof DOMException)) return { name: 'Error', message: String(error) };
  const fields = Object.entries(error).filter(([field]) => field !== 'cause');
  return { ...Object.fromEntries(fields), name: error.name, message: error.message };
}

export const asError = ({ message, ...fields }: PlainError): Error => Object.assign(new Error(message), fields);
