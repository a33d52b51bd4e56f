import { apiError } from '@darkslide/contract';
import type { AccessedProject } from '../base/scope.ts';
import type { UploadRow } from '../database/tables.ts';
import type { UploadTable } from './upload-table.ts';

/**
 * The upload of this project, in any state. An upload token knows only those that it started.
 * @throws {ApiError} upload_not_found
 */
export async function findUpload(uploads: UploadTable, project: AccessedProject, uploadId: string): Promise<UploadRow> {
  // A database does not take a NUL as text.
  const upload = uploadId.includes('\0') ? undefined : await uploads.find(project.id, uploadId);
  const { token } = project;
  if (upload === undefined || (token !== undefined && upload.token_id !== token.id)) {
    throw apiError('upload_not_found', { uploadId });
  }
  return upload;
}
