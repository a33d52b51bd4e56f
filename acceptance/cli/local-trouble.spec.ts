import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesMd5, type Photo, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf, summaryOf } from '../support/shoots.ts';

const { server, api, storageProxy, folder, client, remove } = await startProxied();
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
  it('resumes a large file whose card was pulled half-way', async () => {
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

  for (const home of ['/nonexistent', '/proc/nonexistent', '/dev/null']) {
    it(`needs no home folder: HOME=${home}`, async () => {
      const name = `home${home.replaceAll('/', '-')}`;
      const photos = await shoot(name, [1000, 20_000]);
      const project = uniqueName('Home');
      const command = ['upload', join(folder, name), '--project', project];
      const { code, stdout, stderr } = await client(command, { HOME: home, XDG_STATE_HOME: '' }).ended;
      assert.equal(code, 0, stdout + stderr);
      // Root may make a folder anywhere but there.
      if (home !== '/nonexistent') assert.match(stdout, /Could not write the resume journal/);
      else await rm(home, { recursive: true, force: true });
      await assertWhole(api, project, photos);
    });
  }

  it('works with few file descriptors, with fewer files at once', async () => {
    const photos = await shoot('few', Array(500).fill(200_000));
    const project = uniqueName('Few');
    const command = ['upload', join(folder, 'few'), '--project', project, '--json'];
    const { code, stdout, stderr } = await client(command, {}, ['bash', '-c', 'ulimit -n 64; exec "$@"', '-']).ended;
    assert.equal(code, 0, stderr + stdout.slice(-2000));
    assert.equal(summaryOf(stdout).successful, photos.length);
  });

  it('shows no name as it is that a terminal could obey, or take for a line of ours', async () => {
    await shoot('forged', [1000]);
    const forged = 'x\nAll 1,000 files uploaded, checked\u001b[2J\u009b\u202e.NEF';
    await rename(join(folder, 'forged', 'DSC_0001.NEF'), join(folder, 'forged', forged));
    for (const more of [[], ['--quiet'], ['--dry-run']]) {
      const command = ['upload', join(folder, 'forged'), '--project', uniqueName('Forged'), ...more];
      const { code, stdout, stderr } = await client(command).ended;
      assert.equal(code, 1);
      const shown = stdout + stderr;
      assert.match(shown, /x\ufffdAll 1,000/);
      assert.doesNotMatch(shown, /^All 1,000/m);
      assert.doesNotMatch(shown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    }
    const { stdout } = await upload('forged', uniqueName('Forged'));
    assert.equal(summaryOf(stdout).results[0]?.name, forged, 'JSON is exact');
  });

  it('says of a name that is not UTF-8 that it is not', async () => {
    const photos = await shoot('latin', [1000]);
    await writeFile(
      Buffer.concat([Buffer.from(join(folder, 'latin', 'M')), Buffer.from([0xfc]), Buffer.from('.NEF')]),
      'x',
    );
    const project = uniqueName('Latin');
    const { code, stdout } = await upload('latin', project);
    assert.equal(code, 1, stdout);
    const [failed] = summaryOf(stdout).results.filter(({ status }) => status === 'failed');
    assert.equal(failed?.reason, 'invalid-name');
    assert.match(failed?.message ?? '', /not valid UTF-8/);
    await assertWhole(api, project, photos);
  });

  it('takes a key from the working folder only where no other user can have put it there, and says so', async () => {
    const photos = await shoot('key', [1000]);
    const file = join(folder, '.darkslide', 'api-key');
    const none = { DARKSLIDE_API_KEY: '' };
    const command = (project: string) => ['upload', join(folder, 'key'), '--project', project];
    await mkdir(join(folder, '.darkslide'));
    await writeFile(file, `${server.apiKey}\n`, { mode: 0o600 });
    const project = uniqueName('Key');
    const used = await client(command(project), none).ended;
    assert.equal(used.code, 0, used.stdout + used.stderr);
    assert.match(used.stdout, /with the API key from the file \.\/\.darkslide\/api-key\./);
    assert.ok(!(used.stdout + used.stderr).includes(server.apiKey));
    await assertWhole(api, project, photos);

    const refusals: [RegExp, () => Promise<void>][] = [
      [/other users may write to it/, () => chmod(file, 0o660)],
      [/it is a link/, () => rename(file, join(folder, 'my-key')).then(() => symlink(join(folder, 'my-key'), file))],
      ...(process.getuid?.() === 0
        ? [
            [
              /belongs to another user/,
              () =>
                rm(file)
                  .then(() => writeFile(file, server.apiKey))
                  .then(() => chown(file, 1, 1)),
            ] as [RegExp, () => Promise<void>],
          ]
        : []),
    ];
    for (const [reason, prepare] of refusals) {
      await prepare();
      const { code, stderr } = await client(command(uniqueName('Key')), none).ended;
      assert.equal(code, 2);
      assert.match(stderr, reason);
    }
  });
});
