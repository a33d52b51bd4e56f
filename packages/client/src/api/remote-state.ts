import type { ProjectApi } from './project-api.ts';
import type { OpenUpload, StoredFile } from './responses.ts';

/** What storage has of a project, by file name. */
export type RemoteState = {
  files: ReadonlyMap<string, StoredFile>;
  uploads: ReadonlyMap<string, readonly OpenUpload[]>;
};

export const EMPTY_REMOTE_STATE: RemoteState = { files: new Map(), uploads: new Map() };

/**
 * Reads what storage has of a project. A server of the bare contract cannot list it: then the state is empty, and every
 * file is sent again to be sure.
 */
export async function readRemoteState(api: ProjectApi, signal?: AbortSignal): Promise<RemoteState> {
  const [files, uploads] = await Promise.all([storedFiles(api, signal), openUploads(api, signal)]);
  return { files: files ?? new Map(), uploads };
}

/** The files of a project; undefined where the server cannot list files. */
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
