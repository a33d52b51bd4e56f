import assert from 'node:assert/strict';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { median } from './support/median.ts';

export const description =
  'one request for the links of 5,000 new files, whole round trip over HTTP, against getSignedUrl of the AWS SDK ' +
  'presigning the same 5,000 in memory';
export const target = 'at most a quarter of the time';

const FILES = 5000;
const ROUNDS = 7;

export async function run(): Promise<Measurement> {
  const darkslide = await Darkslide.start();
  const client = new S3Client({ ...darkslide.s3, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
  try {
    const names = Array.from({ length: FILES }, (_, index) => `DSC_${String(index).padStart(5, '0')}.NEF`);
    const requestLinks = async (project: string) => {
      const answer = await post(darkslide, `/${project}/get_temporary_upload_links`, {
        files_list: names.map((file_name) => ({ file_name })),
      });
      return (answer as { files_list: { upload_link: string }[] }).files_list.length;
    };
    const presignAll = async (project: string) => {
      let links = 0;
      for (const name of names) {
        const put = new PutObjectCommand({ Bucket: darkslide.s3.bucket, Key: `${project}/${name}` });
        await getSignedUrl(client, put, { expiresIn: 3600 });
        links++;
      }
      return links;
    };

    // One round each in turn, so that a busy machine slows both; the first, which warms up, does not count.
    const times: { ours: number[]; sdk: number[] } = { ours: [], sdk: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const { project_uuid } = (await post(darkslide, '', {})) as { project_uuid: string };
      for (const [side, work] of [
        ['ours', requestLinks],
        ['sdk', presignAll],
      ] as const) {
        const start = performance.now();
        assert.equal(await work(project_uuid), FILES);
        if (round > 0) times[side].push(performance.now() - start);
      }
    }
    const ours = median(times.ours);
    const sdk = median(times.sdk);
    return {
      rows: [
        { side: 'ours, over HTTP', figure: `${ours.toFixed(0)} ms` },
        { side: 'getSignedUrl', figure: `${sdk.toFixed(0)} ms` },
      ],
      ratios: [{ name: 'getSignedUrl / ours', value: sdk / ours, atLeast: 4 }],
    };
  } finally {
    client.destroy();
    await darkslide.remove();
  }
}

async function post({ apiUrl, apiKey }: Darkslide, path: string, body: object): Promise<unknown> {
  const answer = await request({
    url: `${apiUrl}/v1/projects${path}`,
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<{ data: unknown }>().data;
}
