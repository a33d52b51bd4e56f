import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { runCli } from './run-cli.ts';

const folder = await mkdtemp(join(tmpdir(), 'darkslide-inspect-'));
after(() => rm(folder, { recursive: true }));

/** The head of a TIFF-based RAW with a time, an exposure and Exif's bracket mode; big-endian. */
function head(second: number, shutter: number, compensation: number): Buffer {
  const entries: [tag: number, type: number, count: number, value: number | Buffer][] = [
    [0x110, 2, 8, Buffer.from('DEMO 12\0')],
    [0x829a, 5, 1, rational(1, shutter)],
    [0x829d, 5, 1, rational(8, 1)],
    [0x8827, 3, 1, 100 << 16],
    [0x9003, 2, 20, Buffer.from(`2024:05:18 12:00:${String(second).padStart(2, '0')}\0`)],
    [0x9204, 10, 1, rational(compensation, 1)],
    [0xa402, 3, 1, 2 << 16],
  ];
  const values: Buffer[] = [];
  let next = 8 + 2 + entries.length * 12 + 4;
  const rows = entries.map(([tag, type, count, value]) => {
    const row = Buffer.alloc(12);
    row.writeUInt16BE(tag, 0);
    row.writeUInt16BE(type, 2);
    row.writeUInt32BE(count, 4);
    row.writeUInt32BE(typeof value === 'number' ? value : next, 8);
    if (typeof value !== 'number') {
      values.push(value);
      next += value.length;
    }
    return row;
  });
  const start = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, entries.length]);
  return Buffer.concat([start, ...rows, Buffer.alloc(4), ...values]);
}

function rational(numerator: number, denominator: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(numerator, 0);
  bytes.writeInt32BE(denominator, 4);
  return bytes;
}

const inspect = (...args: string[]) => command('inspect', ...args);

async function command(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { env: {}, stdout, stderr, version: '1.2.3', defaults: {} });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

const SETS = [
  [60, 125, 30],
  [60, 125, 30],
  [60, 125],
];
let number = 0;
for (const [set, shutters] of SETS.entries()) {
  for (const [index, shutter] of shutters.entries()) {
    number += 1;
    const path = join(folder, `DSC_000${number}.NEF`);
    await writeFile(path, head(set * 20 + index, shutter, [0, -1, 1][index] as number));
    if (number < 8) await writeFile(join(folder, `DSC_000${number}.xmp`), '<x:xmpmeta/>');
  }
}

test('inspect tells sets, incomplete ones and missing sidecars, without a server or a key', async () => {
  const { code, stdout, stderr } = await inspect(folder);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /^8 photos, 3 sets of 3, 1 incomplete, 1 without their sidecar\./);
  assert.match(stdout, /exposure +2 of 3 .*DSC_0007\.NEF – DSC_0008\.NEF/);
  assert.match(stdout, /DSC_0008\.NEF has no sidecar/);
});

test('inspect --json prints one object with shots, sets and problems', async () => {
  const { code, stdout } = await inspect(folder, '--json');
  assert.equal(code, 0);
  const shoot = JSON.parse(stdout);
  assert.deepEqual(Object.keys(shoot), ['version', 'shots', 'sets', 'singles', 'problems', 'unknown']);
  assert.deepEqual(
    shoot.sets.map(({ complete, expected, missing }: Record<string, unknown>) => ({ complete, expected, missing })),
    [
      { complete: true, expected: 3, missing: [] },
      { complete: true, expected: 3, missing: [] },
      { complete: false, expected: 3, missing: [3] },
    ],
  );
  assert.deepEqual(
    shoot.shots[0].files.map(({ path, role }: { path: string; role: string }) => [path, role]),
    [
      [join(folder, 'DSC_0001.NEF'), 'raw'],
      [join(folder, 'DSC_0001.xmp'), 'sidecar'],
    ],
  );
});

test('a damaged file is a photo without facts; a path that leads nowhere is wrong use', async () => {
  const bad = await mkdtemp(join(tmpdir(), 'darkslide-inspect-bad-'));
  await writeFile(join(bad, 'IMG_1.CR3'), Buffer.alloc(3000));
  await writeFile(join(bad, 'IMG_2.CR3'), '');
  const { code, stdout } = await inspect(bad);
  assert.equal(code, 0);
  assert.match(stdout, /^2 photos\./);
  assert.match(stdout, /Photos without facts:\n.*IMG_1\.CR3: Its first bytes/);
  assert.match(stdout, /IMG_2\.CR3: The file is empty/);
  await rm(bad, { recursive: true });
  assert.equal((await inspect(join(folder, 'nothing'))).code, 2);
});

test('upload --dry-run says what the shoot is, unless it is told not to look', async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"error": {"code": "project_not_found", "message": "None.", "request_id": "1"}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dryRun = (...args: string[]) =>
    command('upload', folder, '--project', 'X', '--url', url, '--api-key', 'k', '--dry-run', ...args);

  const { code, stdout, stderr } = await dryRun();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\n8 photos, 3 sets of 3, 1 incomplete, 1 without their sidecar\.\n {2}.*DSC_0007/);
  assert.match(stdout, /Would send 15 files/);
  const lines = (await dryRun('--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { id, ...incomplete } = lines.find(({ type }) => type === 'plan').shoot.incomplete_sets[0];
  assert.match(id, /DSC_0007/);
  assert.deepEqual(incomplete, { frames: 2, expected: 3, missing: [3] });
  assert.doesNotMatch((await dryRun('--no-inspect')).stdout, /8 photos|sets of 3/);
});

test('upload --require-complete-sets asks the server for nothing where a set lacks frames', async (t) => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.writeHead(401).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upload = (...args: string[]) =>
    command('upload', folder, '--project', 'X', '--url', url, '--api-key', 'k', '--require-complete-sets', ...args);

  const { code, stderr } = await upload();
  assert.equal(code, 1);
  assert.match(stderr, /1 bracket set is incomplete:\n {2}.*DSC_0007/);
  assert.match(stderr, /Nothing was sent\. Copy the missing frames from the card, or upload without/);
  const { stdout } = await upload('--json');
  const [line = ''] = stdout.split('\n').filter((text) => text.includes('incomplete-sets'));
  assert.deepEqual(
    JSON.parse(line).sets.map(({ missing }: { missing: number[] }) => missing),
    [[3]],
  );
  assert.equal(requests, 0);

  assert.equal((await upload('--exclude', 'DSC_0007.*', '--exclude', 'DSC_0008.*')).code, 2);
  assert.ok(requests > 0, 'the other sets are complete');
});
