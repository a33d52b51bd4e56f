import assert from 'node:assert/strict';
import { type RawResponse, request } from '@darkslide/testkit';

export type ApiAccess = { apiUrl: string; apiKey: string };

/** One call below `/v1/i2i/projects` that has to succeed; a body makes it a POST. */
export async function call({ apiUrl, apiKey }: ApiAccess, path: string, body?: object): Promise<RawResponse> {
  const answer = await request({
    url: `${apiUrl}/v1/i2i/projects${path}`,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    timeoutMs: 5 * 60_000,
  });
  assert.equal(answer.status, 200, answer.text.slice(0, 1000));
  return answer;
}

export const dataOf = <Data>(answer: RawResponse): Data => answer.json<{ data: Data }>().data;

export async function newProject(api: ApiAccess): Promise<string> {
  return dataOf<{ project_uuid: string }>(await call(api, '', {})).project_uuid;
}
