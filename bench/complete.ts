import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { median } from './support/median.ts';

export const description =
  'completing a multipart upload through the API on the embedded store: 20 parts of 100 MB against 20 parts of 5 MiB';
export const target = 'at most 1.5 times as long';

const PARTS = 20;
const LARGE = 100 * 1000 * 1000;
const SMALL = 5 * 1024 * 1024;
const ROUNDS = 5;
const CONCURRENT_PUTS = 4;

export async function run(): Promise<Measurement> {
  const darkslide = await Darkslide.start();
  const client = new S3Client({ ...darkslide.s3, forcePathStyle: true });
  try {
    const { project_uuid } = await call<{ project_uuid: string }>(darkslide, '', {});
    const bytes = Buffer.alloc(LARGE, 'darkslide');

    /** Milliseconds of the complete alone, of a file that was not there before and is removed afterwards. */
    const completeOnce = async (partSize: number): Promise<number> => {
      const file_name = `${randomUUID()}.CR3`;
      const uploads = `/${project_uuid}/multipart_uploads`;
      const started = await call<Started>(darkslide, uploads, { file_name, part_count: PARTS });
      const part = bytes.subarray(0, partSize);
      const queue = started.parts.values();
      const putParts = async () => {
        for (const { upload_url } of queue) await put(upload_url, part);
      };
      await Promise.all(Array.from({ length: CONCURRENT_PUTS }, putParts));
      const start = performance.now();
      const { size, key } = await call<{ size: number; key: string }>(
        darkslide,
        `${uploads}/${started.upload_id}/complete`,
        {
          file_name,
        },
      );
      const time = performance.now() - start;
      assert.equal(size, PARTS * partSize);
      await client.send(new DeleteObjectCommand({ Bucket: darkslide.s3.bucket, Key: key }));
      return time;
    };

    // One round each in turn, so that a busy machine slows both; the first, which warms up, does not count.
    const times: { large: number[]; small: number[] } = { large: [], small: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const small = await completeOnce(SMALL);
      const large = await completeOnce(LARGE);
      if (round === 0) continue;
      times.small.push(small);
      times.large.push(large);
    }
    const large = median(times.large);
    const small = median(times.small);
    return {
      rows: [
        { side: `${PARTS} parts of 100 MB`, figure: `${large.toFixed(1)} ms` },
        { side: `${PARTS} parts of 5 MiB`, figure: `${small.toFixed(1)} ms` },
      ],
      ratios: [{ name: '100 MB / 5 MiB', value: large / small, atMost: 1.5 }],
    };
  } finally {
    client.destroy();
    await darkslide.remove();
  }
}

type Started = { upload_id: string; parts: { upload_url: string }[] };

async function call<Data>({ apiUrl, apiKey }: Darkslide, path: string, body: object): Promise<Data> {
  const answer = await request({
    url: `${apiUrl}/v1/i2i/projects${path}`,
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<{ data: Data }>().data;
}

async function put(url: string, body: Buffer): Promise<void> {
  const answer = await request({ url, method: 'PUT', headers: { 'content-type': '' }, body });
  assert.equal(answer.status, 200, answer.text);
}
