import type { OpenUpload, StoredFile } from '../api/answers.ts';
import type { ProjectApi } from '../api/project-api.ts';

/** What storage holds of a project, by file name. */
export type Holdings = {
  files: ReadonlyMap<string, StoredFile>;
  uploads: ReadonlyMap<string, readonly OpenUpload[]>;
};

export const NO_HOLDINGS: Holdings = { files: new Map(), uploads: new Map() };

/**
 * Asks what is there. A server of the bare contract can't tell; then everything counts as not there, and sending it
 * again is the only way to be sure.
 */
export async function lookAround(api: ProjectApi, signal?: AbortSignal): Promise<Holdings> {
  const [files, uploads] = await Promise.all([storedFiles(api, signal), openUploads(api, signal)]);
  return { files: files ?? new Map(), uploads };
}

/** Undefined where the server can't list files. */
export async function storedFiles(
  api: ProjectApi,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, StoredFile> | undefined> {
  const pages = await api.files({ signal });
  if (!pages) return undefined;
  const files = new Map<string, StoredFile>();
  for await (const page of pages) for (const file of page) files.set(file.fileName, file);
  return files;
}

export async function openUploads(
  api: ProjectApi,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly OpenUpload[]>> {
  const uploads = new Map<string, OpenUpload[]>();
  for await (const page of (await api.openUploads({ signal })) ?? []) {
    for (const upload of page) {
      const others = uploads.get(upload.fileName);
      if (others) others.push(upload);
      else uploads.set(upload.fileName, [upload]);
    }
  }
  return uploads;
}
