import assert from 'node:assert/strict';
import { photoBytes, type RawResponse } from '@darkslide/testkit';
import { type Api, type PartUrl, putLink, type StartBody, type StartedUpload } from './api.ts';

/** The least size of every part but the last, in bytes. */
export const MIN_PART = 5 * 1024 * 1024;

/** A part that is just large enough; different for every number. */
export const fullPart = (number: number) => photoBytes({ seed: `part ${number}`, size: MIN_PART });

export type Upload = StartedUpload & { project: string; path: string; fileName: string };

export type Completed = { file_name: string; key: string; size: number; etag: string };

export async function start(api: Api, project: string, body: StartBody): Promise<Upload> {
  const started = await api.startMultipart(project, body);
  const path = `${project}/multipart_uploads/${encodeURIComponent(started.upload_id)}`;
  return { ...started, project, path, fileName: body.file_name };
}

/** Puts parts to the URLs of the start; `parts` by their numbers. */
export async function putParts(
  { parts: urls }: { parts: PartUrl[] },
  parts: Record<number, Uint8Array>,
): Promise<void> {
  for (const [number, bytes] of Object.entries(parts)) {
    const url = urls.find((part) => part.part_number === Number(number))?.upload_url;
    assert.ok(url, `a URL for part ${number}`);
    const answer = await putLink(url, bytes);
    assert.equal(answer.status, 200, answer.text);
  }
}

/** Puts other bytes for parts that were put before. Some storages tell the two apart by the second. */
export async function putAgain(upload: { parts: PartUrl[] }, parts: Record<number, Uint8Array>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
  await putParts(upload, parts);
}

export function complete(api: Api, { path, fileName }: Upload, more: object = {}): Promise<RawResponse> {
  return api.post(`${path}/complete`, { file_name: fileName, ...more });
}

/** Asks again for as long as the answer is that another is ending the upload, or was when it died. */
export async function settled(call: () => Promise<RawResponse>): Promise<RawResponse> {
  for (;;) {
    const answer = await call();
    if (!(answer.status === 409 && answer.text.includes('"upload_busy"'))) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function abort(api: Api, { path, key }: Upload): Promise<RawResponse> {
  return api.delete(path, { key });
}

/** Whether a message names a number, and not one that merely holds its digits. */
export function namesNumber(message: string, number: number): boolean {
  return new RegExp(`\\b${number}\\b`).test(message);
}
