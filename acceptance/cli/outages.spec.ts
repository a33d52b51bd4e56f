import assert from 'node:assert/strict';
import { glob, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFaketime, mountFailingDisk, type Photo, runOk, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf, summaryOf } from '../support/shoots.ts';

const { api, apiProxy, storageProxy, folder, client, remove } = await startProxied();
after(remove);

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const TRANSFERS = 4;

const shoot = (name: string, sizes: readonly number[]) =>
  writeShoot({ folder: join(folder, name), seed: name, sizes: [...sizes] });

const command = (path: string, project: string) => [
  ...['upload', path, '--project', project],
  ...['--concurrency', String(TRANSFERS)],
];

/** What storage was sent beyond the photos themselves is at most a part for each transfer. */
function assertLittleAgain(before: number, photos: readonly Photo[], parts: ReadonlyMap<string, number>) {
  const unit = Math.max(...photos.map(({ name, size }) => size / Math.max((parts.get(name) ?? 1) - 1, 1)));
  const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
  assert.ok(again <= TRANSFERS * unit, `${again} bytes were sent again; ${TRANSFERS * unit} are allowed`);
}

async function firstFile(pattern: string): Promise<string> {
  for (;;) {
    for await (const path of glob(pattern)) return path;
    await sleep(20);
  }
}

describe('darkslide upload', LIMIT, () => {
  it('waits while the API is down for a minute', async () => {
    const photos = await shoot('minute', [...Array(30).fill(2 * MiB), 90 * MiB]);
    const project = uniqueName('Minute');
    const before = storageProxy.counts.bytesIn;
    storageProxy.bandwidth = 20 * MiB;
    const run = client([...command(join(folder, 'minute'), project), '--json']);
    await run.said('"type":"file-finished"');
    await apiProxy.down();
    storageProxy.bandwidth = undefined;
    await sleep(60_000);
    await apiProxy.up();
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, stderr + stdout.slice(-2000));
    assert.equal(summaryOf(stdout).successful, photos.length);
    assertLittleAgain(before, photos, await assertWhole(api, project, photos));
  });

  for (const offset of ['+1d', '-1d']) {
    it(`works with a clock that is ${offset} off`, async () => {
      const photos = await shoot(`clock${offset}`, [1000, 3 * MiB, 80 * MiB]);
      const project = uniqueName('Clock');
      const before = storageProxy.counts.bytesIn;
      const clock = { LD_PRELOAD: await ensureFaketime(), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
      const run = client([...command(join(folder, `clock${offset}`), project), '--json'], clock);
      const { code, stdout, stderr } = await run.ended;
      assert.equal(code, 0, stderr + stdout);
      const told = Date.parse((summaryOf(stdout).results[0] as { uploaded_at?: string }).uploaded_at ?? '');
      assert.ok(Math.abs(told - Date.now()) > 3_600_000, 'its clock was off');
      assertLittleAgain(before, photos, await assertWhole(api, project, photos));
    });
  }

  it('reports what a failing disk can not read, and sends the rest', async (t) => {
    const disk = await mountFailingDisk({ sizes: [MiB, 100 * MiB, 2 * MiB], readable: 60 * MiB });
    if (!disk) return t.skip('this user can not mount a disk of its own');
    const project = uniqueName('Disk');
    try {
      const { code, stdout } = await client([...command(disk.path, project), '--json']).ended;
      assert.equal(code, 1, stdout);
      const { results, successful } = summaryOf(stdout);
      const failed = results.filter(({ status }) => status === 'failed');
      assert.ok(failed.length > 0 && successful > 0, stdout.slice(-2000));
      for (const { reason, message = '' } of failed) {
        assert.equal(reason, 'unreadable');
        assert.match(message, /EIO.*Copy it from the card again/);
      }
      const arrived = new Set(results.filter(({ status }) => status === 'uploaded').map(({ name }) => name));
      // What was read for the upload can be read again: the kernel has it.
      const whole = disk.photos.filter(({ name }) => arrived.has(name));
      // The parts of the large one that could be read stay, for a next run with a better card reader.
      await assertWhole(api, project, whole, { open: ['DSC_0002.NEF'] });
    } finally {
      await disk.remove();
    }
  });

  it('reports a file whose reading the kernel refuses, and sends the rest', async () => {
    const photos = await shoot('refused', [1000]);
    // Of 4096 bytes by its size; reading it is an invalid argument, as the loopback device has no speed.
    const refused = join(folder, 'refused', 'DSC_0002.NEF');
    await symlink('/sys/class/net/lo/speed', refused);
    const project = uniqueName('Refused');
    const args = [...command(join(folder, 'refused'), project), '--all', '--follow-links', '--json'];
    const { code, stdout } = await client(args).ended;
    assert.equal(code, 1, stdout);
    const [failed] = summaryOf(stdout).results.filter(({ status }) => status === 'failed');
    assert.equal(failed?.reason, 'unreadable');
    assert.equal(failed?.path, refused);
    await assertWhole(api, project, photos);
  });

  it('leaves at once at a second Ctrl-C, also where the disk hangs, and goes on later', async () => {
    const photos = await shoot('left', [...Array(30).fill(2 * MiB), 90 * MiB]);
    const project = uniqueName('Left');
    const before = storageProxy.counts.bytesIn;
    storageProxy.bandwidth = 20 * MiB;
    const run = client(command(join(folder, 'left'), project), { XDG_STATE_HOME: join(folder, 'left-state') });
    await run.said('sent ');
    const journal = await firstFile(join(folder, 'left-state', '**', '*.jsonl'));
    // No process reads from this pipe: writing to it hangs, as writing to a network folder that is gone.
    await runOk('mkfifo', [`${journal}.pipe`]);
    await rename(`${journal}.pipe`, journal);
    const arrived = (stdout: string) => stdout.match(/^sent /gm)?.length ?? 0;
    const already = arrived(run.stdout());
    await run.said((stdout) => arrived(stdout) > already);
    run.child.kill('SIGINT');
    await run.said('press Ctrl-C again');
    run.child.kill('SIGINT');
    const left = await run.ended;
    assert.equal(left.signal, 'SIGINT', 'which shells count as 130');
    assert.match(left.stdout, /Stopped\. Run the same command again to resume/);

    await rm(journal);
    storageProxy.bandwidth = undefined;
    const { code, stdout, stderr } = await client([...command(join(folder, 'left'), project), '--json']).ended;
    assert.equal(code, 0, stdout + stderr);
    assertLittleAgain(before, photos, await assertWhole(api, project, photos));
  });
});
