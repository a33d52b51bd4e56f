import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { bytesMd5, fileMd5, type Photo, request } from '@darkslide/testkit';
import { type Api, data, PROFILE } from './api.ts';

export type Summary = {
  type: 'summary';
  project_uuid: string | null;
  total: number;
  successful: number;
  failed: number;
  skipped: number;
  bytes: number;
  results: { name: string; path: string; status: string; reason?: string; message?: string }[];
};

/** The last line of `upload --json`. */
export const summaryOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary;

/** Bytes of all of them. */
export const sizeOf = (photos: readonly Photo[]) => photos.reduce((total, { size }) => total + size, 0);

/** The path of a project's routes. */
export async function projectPath(api: Api, name: string): Promise<string> {
  const found = await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`);
  return `${PROFILE}/${data<{ project_uuid: string }>(found).project_uuid}`;
}

/**
 * Of a project, exactly these photos are in storage, byte for byte, and no multipart upload is left open but those of
 * the files in `open`. Returns in how many parts each photo went up.
 */
export async function assertWhole(
  api: Api,
  name: string,
  photos: readonly Photo[],
  { open = [] }: { open?: string[] } = {},
): Promise<ReadonlyMap<string, number>> {
  const project = await projectPath(api, name);
  const files = await api.files(project);
  const partsOf = (etag: string | null) => Number(/-(\d+)$/.exec(etag ?? '')?.[1] ?? 1);
  assert.equal(files.filter(({ status }) => status === 'uploaded').length, photos.length);
  for (const { path } of photos) {
    const { download_link: link } = await api.file(project, basename(path));
    const { body } = await request({ url: link as string });
    assert.deepEqual(bytesMd5(body), await fileMd5(path), path);
  }
  const { uploads } = data<{ uploads: { file_name: string }[] }>(await api.get(`${project}/multipart_uploads`));
  const names = uploads.map(({ file_name: name }) => name);
  assert.deepEqual(names.sort(), open);
  return new Map(files.map(({ file_name: name, etag }) => [name, partsOf(etag)]));
}
