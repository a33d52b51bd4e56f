import assert from 'node:assert/strict';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createPresigner } from '@darkslide/s3wire';
import type { Measurement } from './run.ts';

export const description =
  'links to upload one file each, by our presigner and by getSignedUrl of the AWS SDK, per link';
export const target = 'ours at least 10 times as fast';

const LINKS_PER_ROUND = 1000;
const ROUNDS = 5;

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const region = 'us-east-1';
const endpoint = 'http://127.0.0.1:9000';
const bucket = 'darkslide';
const expiresIn = 3600;

export async function run(): Promise<Measurement> {
  const signingDate = new Date();
  const client = new S3Client({
    credentials,
    region,
    endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const presigner = createPresigner({ credentials, region, endpoint, bucket, pathStyle: true, now: () => signingDate });

  // The SDK adds two parameters that a link does not need; ours carry them here, so that the links are the same.
  const query = { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', 'x-id': 'PutObject' };
  const sides = {
    ours: async (key: string) => presigner.presign({ method: 'PUT', key, query, expiresIn }),
    sdk: (key: string) =>
      getSignedUrl(client, new PutObjectCommand({ Bucket: bucket, Key: key }), { expiresIn, signingDate }),
  };
  try {
    for (const key of ['DSC_0001.NEF', 'projects/1/Åre & (1)+*.CR3']) {
      assert.equal(await sides.ours(key), await sides.sdk(key), `the links to ${key} differ`);
    }

    // One round each in turn, so that a busy machine slows both; the first, which warms up, does not count.
    const times: { ours: number[]; sdk: number[] } = { ours: [], sdk: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const side of ['ours', 'sdk'] as const) {
        const time = await microsecondsPerLink(sides[side]);
        if (round > 0) times[side].push(time);
      }
    }
    const ours = median(times.ours);
    const sdk = median(times.sdk);
    return {
      rows: [
        { side: 'ours', figure: figure(ours) },
        { side: 'getSignedUrl', figure: figure(sdk) },
      ],
      ratios: [{ name: 'getSignedUrl / ours', value: sdk / ours, atLeast: 10 }],
    };
  } finally {
    client.destroy();
  }
}

async function microsecondsPerLink(presign: (key: string) => Promise<string>): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < LINKS_PER_ROUND; index += 1) await presign(`projects/0b8e2d1c/DSC_${index}.NEF`);
  return ((performance.now() - start) * 1000) / LINKS_PER_ROUND;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const figure = (microseconds: number) => `${microseconds.toFixed(1)} µs a link`;
