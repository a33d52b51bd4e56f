import type { ProjectApi } from './project-api.ts';
import type { OpenUpload, StoredFile } from './responses.ts';

/** What storage holds of a project, by file name. */
export type Holdings = {
  files: ReadonlyMap<string, StoredFile>;
  uploads: ReadonlyMap<string, readonly OpenUpload[]>;
  /** Names of files that storage took, but can't give back any more: they count as not there. */
  damaged: ReadonlySet<string>;
};

export const NO_HOLDINGS: Holdings = { files: new Map(), uploads: new Map(), damaged: new Set() };

/**
 * Asks what is there. A server of the bare contract can't tell; then everything counts as not there, and sending it
 * again is the only way to be sure.
 */
export async function lookAround(api: ProjectApi, signal?: AbortSignal): Promise<Holdings> {
  const [listed, uploads] = await Promise.all([storedFiles(api, signal), openUploads(api, signal)]);
  const files = new Map<string, StoredFile>();
  const damaged = new Set<string>();
  for (const [name, file] of listed ?? []) {
    if (file.status === 'damaged') damaged.add(name);
    else files.set(name, file);
  }
  return { files, uploads, damaged };
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
