import { apiError } from '@darkslide/contract';
import type { ProjectRow, UploadRow } from '../database/tables.ts';
import type { UploadTable } from '../database/uploads.ts';

/** The upload of this project, in any state. @throws {ApiError} upload_not_found */
export async function findUpload(uploads: UploadTable, project: ProjectRow, uploadId: string): Promise<UploadRow> {
  // A NUL is no text for a database.
  const upload = uploadId.includes('\0') ? undefined : await uploads.find(project.id, uploadId);
  if (upload === undefined) throw apiError('upload_not_found', { uploadId });
  return upload;
}
