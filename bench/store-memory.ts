import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createPresigner } from '@darkslide/s3wire';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { watchLoad } from './support/load.ts';
import { peakMegabytes } from './support/peak-memory.ts';

export const description = '64 PUTs of 100 MB at once with links: the most memory that the server process ever held';
export const target = 'at most 250 MB';

const PUTS = 64;
const PIECE = randomBytes(1_000_000);
const PIECES = 100;

const LIMIT_MB = 250;
const TIMEOUT_MS = 10 * 60_000;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const darkslide = await Darkslide.start();
  try {
    // A first start from sources strips their types, in memory that an installed package never takes; it is kept.
    const first = await peakMegabytes(darkslide);
    await darkslide.stop();
    await darkslide.start();
    const idle = await peakMegabytes(darkslide);
    const { credentials, region, endpoint, bucket } = darkslide.s3;
    const presigner = createPresigner({ credentials, region, endpoint, bucket, pathStyle: true });
    const link = (key: string) =>
      presigner.presign({ method: 'PUT', key, expiresIn: 3600, headers: { 'content-type': '' } });
    const etag = `"${md5()}"`;

    const start = performance.now();
    await Promise.all(Array.from({ length: PUTS }, (_, index) => put(link(`photo-${index}.NEF`), etag)));
    const seconds = (performance.now() - start) / 1000;
    const peak = await peakMegabytes(darkslide);
    return {
      rows: [
        { side: 'an earlier start, idle', figure: `${first.toFixed(0)} MB` },
        { side: 'before the first PUT', figure: `${idle.toFixed(0)} MB` },
        { side: `after ${PUTS} PUTs at once`, figure: `${peak.toFixed(0)} MB` },
        { side: 'speed meanwhile', figure: `${((PUTS * PIECES) / seconds).toFixed(0)} MB/s` },
        load(),
      ],
      ratios: [{ name: 'peak memory, MB', value: peak, atMost: LIMIT_MB }],
    };
  } finally {
    await darkslide.remove();
  }
}

async function put(url: string, etag: string): Promise<void> {
  const answer = await request({
    url,
    method: 'PUT',
    headers: { 'Content-Type': '', 'Content-Length': String(PIECES * PIECE.length) },
    body: Readable.from(pieces()),
    timeoutMs: TIMEOUT_MS,
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.etag, etag);
}

function* pieces(): Generator<Buffer> {
  for (let piece = 0; piece < PIECES; piece++) yield PIECE;
}

function md5(): string {
  const hash = createHash('md5');
  for (const piece of pieces()) hash.update(piece);
  return hash.digest('hex');
}
