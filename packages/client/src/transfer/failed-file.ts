import { SourceError, TransportError, UnavailableError } from '../base/errors.ts';
import { type FailedFile, type FailureReason, failed } from '../base/results.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { FileExistsError, MismatchError, StorageRefusal, TooLargeError, UploadGoneError } from './transfer-errors.ts';
import type { MovedFile } from './transfer-progress.ts';

/** What every result says of its file. */
export const subjectOf = ({ name, source: { path, size } }: MovedFile) => ({ name, path, size });

/** The result of a file whose upload threw `error`. */
export function failedFile(file: PlannedFile, error: unknown): FailedFile {
  return failed(subjectOf(file), reasonOf(error), messageOf(error));
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof SourceError) return error.kind;
  if (error instanceof MismatchError) return 'mismatch';
  if (error instanceof FileExistsError) return 'conflict';
  if (error instanceof TooLargeError) return 'too-large';
  return refusalOf(error);
}

/** Whether a later try may succeed, for errors of the network, the server and the storage. */
export function refusalOf(error: unknown): 'unavailable' | 'refused' {
  if (error instanceof TransportError || error instanceof UnavailableError) return 'unavailable';
  return error instanceof StorageRefusal && error.response.kind === 'later' ? 'unavailable' : 'refused';
}

export const RESUME = 'Run the same command to resume.';

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MismatchError) {
    return `The file was damaged in transit, several times: ${message}. Check memory, disk and network.`;
  }
  if (error instanceof TransportError) return `The file could not be sent: ${message}. ${RESUME}`;
  if (error instanceof StorageRefusal) {
    return `Upload rejected: ${message}.${error.response.kind === 'later' ? ` ${RESUME}` : ''}`;
  }
  if (error instanceof UploadGoneError) return `The upload must restart: ${message} Run the same command to do so.`;
  return message;
}
