import assert from 'node:assert/strict';
import { open, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Darkslide, type Photo, request, temporaryFolder, writeShoot } from '@darkslide/testkit';
import { Api, PROFILE } from '../support/api.ts';
import { askDoctor } from '../support/doctor.ts';
import { summaryOf } from '../support/shoots.ts';

const KB = 1000;
const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };

/** Enough to tell where in a photo a blob begins. */
const BEGINNING = 4096;

const server = await Darkslide.start();
const folder = await temporaryFolder('darkslide-damage');
after(async () => {
  await server.remove();
  await folder.remove();
});
const api = new Api(server);
const env = { DARKSLIDE_URL: server.apiUrl };

let photos: Photo[];
let project: string;
const project_name = 'Damaged';

async function command(...args: string[]) {
  const { code, stdout, stderr } = await server.command(args, { env, timeoutMs: 120_000 });
  return { code, said: stdout + stderr, stdout };
}

const upload = () => command('upload', folder.path, '--project', project_name, '--json');
const verify = (...more: string[]) => command('verify', project_name, folder.path, ...more);

/** The store's files that hold bytes of a photo, in their order. */
async function blobsOf({ path }: Photo): Promise<string[]> {
  const photo = await readFile(path);
  const root = join(server.dataDir, 'store', 'blobs');
  const found: { blob: string; at: number }[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const blob = join(entry.parentPath, entry.name);
    const beginning = Buffer.alloc(BEGINNING);
    const handle = await open(blob);
    const { bytesRead } = await handle.read(beginning, 0, BEGINNING, 0);
    await handle.close();
    const at = bytesRead < BEGINNING ? -1 : photo.indexOf(beginning);
    if (at >= 0) found.push({ blob, at });
  }
  return found.sort((a, b) => a.at - b.at).map(({ blob }) => blob);
}

async function flipBit(blob: string): Promise<void> {
  const bytes = await readFile(blob);
  bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
  await writeFile(blob, bytes);
}

const ways: Record<string, (blob: string) => Promise<void>> = {
  'flipped a bit of': flipBit,
  truncated: (blob) => truncate(blob, 100),
  emptied: (blob) => truncate(blob, 0),
  'taken away': (blob) => rename(blob, join(folder.path, '..', `${Date.now()}.blob`)),
};

/** A GET of the link ends with an error, or early. */
async function assertUnreadable(link: string): Promise<void> {
  const status = await request({ url: link, timeoutMs: 60_000 }).then(
    (answer) => answer.status,
    () => 'broken off',
  );
  assert.ok(status === 'broken off' || status === 500, `${status}`);
}

describe('bytes that are damaged where they are stored', () => {
  before(async () => {
    photos = await writeShoot({ folder: folder.path, seed: 'damage', sizes: [300 * KB, 70 * MiB] });
    const { code, said, stdout } = await upload();
    assert.equal(code, 0, said);
    project = `${PROFILE}/${summaryOf(stdout).project_uuid}`;
  });

  for (const [way, spoil] of Object.entries(ways)) {
    it(
      `are never served as whole, are reported, and are sent again: ${way} [L6.1, L6.3, L6.6, L8.16, L10.9]`,
      LIMIT,
      async () => {
        const [small, large] = photos as [Photo, Photo];
        const [single] = await blobsOf(small);
        const parts = await blobsOf(large);
        assert.ok(single !== undefined && parts.length > 2, `${parts.length} parts`);
        const links = await Promise.all(photos.map(async ({ name }) => (await api.file(project, name)).download_link));
        await spoil(single);
        await spoil(parts[1] as string);

        for (const link of links) await assertUnreadable(String(link));
        for (const { name, size } of photos) {
          const file = await api.file(project, name);
          const { status, download_link, md5_matches } = file;
          assert.deepEqual([status, file.size, download_link, md5_matches], ['damaged', size, null, null]);
        }
        const verified = await verify();
        assert.equal(verified.code, 1, verified.said);
        assert.equal(verified.stdout.match(/damaged in storage/g)?.length, 2, verified.said);
        assert.equal((await command('status', project_name)).code, 1);

        const again = await upload();
        assert.equal(again.code, 0, again.said);
        assert.equal(summaryOf(again.stdout).successful, 2);
        const readBack = await verify('--read-back');
        assert.equal(readBack.code, 0, readBack.said);
        assert.match(readBack.stdout, /2 of 2 files are stored as they are here, every byte read back/);
      },
    );
  }

  it('are found by reading back, before anybody else reads them [L10.9]', LIMIT, async () => {
    const [small, large] = photos as [Photo, Photo];
    await flipBit((await blobsOf(small))[0] as string);
    await flipBit((await blobsOf(large))[1] as string);
    const { code, stdout, said } = await verify('--read-back', '--json');
    assert.equal(code, 1, said);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const verdicts = lines.filter(({ type }) => type === 'file').map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ['damaged', 'damaged']);
    const doctor = await askDoctor(server);
    assert.equal(doctor.code, 1);
    assert.match(doctor.about('damage').message, /^2 stored objects are damaged: .*\(changed\)/);
    assert.equal((await upload()).code, 0);
    assert.equal((await askDoctor(server)).about('damage').status, 'ok');
  });

  it('are found by a scrub of the stopped store, and whole when the file is back [L9.21]', LIMIT, async () => {
    const [blob = ''] = await blobsOf(photos[0] as Photo);
    const running = await command('store', 'scrub');
    assert.equal(running.code, 1, running.said);
    assert.match(running.said, /is in use by another/);
    assert.equal(await server.stop(), 0);
    assert.equal((await command('store', 'scrub')).code, 0);
    const away = join(folder.path, '..', `${Date.now()}.blob`);
    await rename(blob, away);
    const { code, stdout } = await command('store', 'scrub', '--json');
    assert.equal(code, 1, stdout);
    const [damaged, summary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([damaged.reason, summary.damaged_objects], ['missing', 1]);
    assert.equal((await command('store', 'repair')).code, 2);

    await rename(away, blob);
    assert.equal((await command('store', 'scrub')).code, 0);
    await server.start();
    for (const { name } of photos) assert.equal((await api.file(project, name)).status, 'uploaded');
  });
});
