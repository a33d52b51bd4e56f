/**
 * `node vendor-client.ts FOLDER PROJECT` uploads as the vendor's Node SDK (`uploadImages` of imagen-ai-sdk) does: all
 * links at once, then each file read whole and PUT with `fetch`, five at a time; no verification and no second try.
 * The last line says how many arrived: `{"successful","failed"}`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const AT_ONCE = 5;

const [folder = '', name = ''] = process.argv.slice(2);
const { DARKSLIDE_URL, DARKSLIDE_API_KEY = '' } = process.env;

const { project_uuid } = await post<{ project_uuid: string }>('/v1/projects/', { name });
const names = readdirSync(folder);
const { files_list } = await post<{ files_list: { file_name: string; upload_link: string }[] }>(
  `/v1/projects/${project_uuid}/get_temporary_upload_links`,
  { files_list: names.map((file_name) => ({ file_name })) },
);

const counts = { successful: 0, failed: 0 };
const queue = files_list.values();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const { file_name, upload_link } of queue) {
      try {
        const { ok } = await fetch(upload_link, { method: 'PUT', body: readFileSync(join(folder, file_name)) });
        counts[ok ? 'successful' : 'failed'] += 1;
      } catch {
        counts.failed += 1;
      }
    }
  }),
);
console.log(JSON.stringify(counts));

async function post<Data>(path: string, body: object): Promise<Data> {
  const response = await fetch(`${DARKSLIDE_URL}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': DARKSLIDE_API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: Data }).data;
}
