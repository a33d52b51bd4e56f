import assert from 'node:assert/strict';
import { readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesMd5, type Photo, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf, summaryOf } from '../support/shoots.ts';

const { api, storageProxy, folder, client, remove } = await startProxied();
after(remove);

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };

const shoot = (name: string, sizes: readonly number[]) =>
  writeShoot({ folder: join(folder, name), seed: name, sizes: [...sizes] });

const upload = (name: string, project: string, ...more: string[]) =>
  client(['upload', join(folder, name), '--project', project, '--json', ...more]).ended;

/** Edits one byte, and puts the time of modification back, as `exiftool -P` does. */
async function editQuietly({ path }: Photo) {
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 255;
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
  return bytesMd5(bytes);
}

describe('darkslide upload, where the trouble is on this side', LIMIT, () => {
  it('goes on with a large file whose card was pulled half-way', async () => {
    const photos = await shoot('pulled', [160 * MiB]);
    const project = uniqueName('Pulled');
    const before = storageProxy.counts.bytesIn;
    storageProxy.bandwidth = 40 * MiB;
    const command = ['upload', join(folder, 'pulled'), '--project', project, '--json', '--concurrency', '2'];
    const first = client(command);
    while (storageProxy.counts.bytesIn - before < sizeOf(photos) / 2) await sleep(20);
    await rename(join(folder, 'pulled'), join(folder, 'elsewhere'));
    const failed = await first.ended;
    assert.equal(failed.code, 1, failed.stderr + failed.stdout);
    assert.equal(summaryOf(failed.stdout).results[0]?.reason, 'vanished');
    await rename(join(folder, 'elsewhere'), join(folder, 'pulled'));
    storageProxy.bandwidth = undefined;
    const { code, stdout } = await client(command).ended;
    assert.equal(code, 0, stdout);
    const [parts] = (await assertWhole(api, project, photos)).values();
    const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
    const part = sizeOf(photos) / ((parts ?? 2) - 1);
    // Both transfers, and the parts that were read when the card went.
    assert.ok(again <= 2 * part + MiB, `${again} bytes were sent again, in parts of ${part}`);
  });

  it('never takes a file that was edited with its time put back for what is stored', async () => {
    const photos = await shoot('edited', [300_000, 70 * MiB]);
    const project = uniqueName('Edited');
    const manifest = join(folder, 'edited.json');
    assert.equal((await upload('edited', project)).code, 0);
    const md5s = await Promise.all(photos.map(editQuietly));

    const refused = await upload('edited', project, '--manifest', manifest);
    assert.equal(refused.code, 1, refused.stdout);
    assert.deepEqual(new Set(summaryOf(refused.stdout).results.map(({ reason }) => reason)), new Set(['conflict']));
    assert.deepEqual(JSON.parse(await readFile(manifest, 'utf8')), []);

    const sent = await upload('edited', project, '--overwrite', '--manifest', manifest);
    assert.equal(sent.code, 0, sent.stdout);
    assert.equal(summaryOf(sent.stdout).successful, photos.length);
    const told = JSON.parse(await readFile(manifest, 'utf8')) as { md5: string }[];
    assert.deepEqual(new Set(told.map(({ md5 }) => md5)), new Set(md5s.map(({ hex }) => hex)));
    await assertWhole(api, project, photos);
  });
});
