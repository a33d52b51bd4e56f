import assert from 'node:assert/strict';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Darkslide, photoBytes } from '@darkslide/testkit';
import { Api, data } from '../support/api.ts';
import { askDoctor } from '../support/doctor.ts';
import { type Completed, complete, putParts, start } from '../support/multipart.ts';

const bytesOf = (name: string) => photoBytes({ seed: name, size: 30_000 });
const NAMES = ['1.NEF', '2.NEF', '3.NEF', '4.NEF'];

const index = (server: Darkslide) => join(server.dataDir, 'store', 'index.sqlite');

async function loseIndex(server: Darkslide): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(index(server) + end, { force: true });
}

/** What others than its owner may use of a folder. */
async function openToOthers(folder: string): Promise<string[]> {
  const names = ['', ...(await readdir(folder, { recursive: true }))];
  const wide = await Promise.all(names.map(async (name) => ((await stat(join(folder, name))).mode & 0o077) !== 0));
  return names.filter((_, at) => wide[at]);
}

describe('the index of the embedded store', () => {
  it('that is lost or old stops the start, and is made anew from the photos [L9.32]', {
    timeout: 120_000,
  }, async () => {
    const server = await Darkslide.start();
    try {
      const api = new Api(server);
      const project = await api.newProject();
      await api.upload(project, NAMES[0] as string, bytesOf('replaced'));
      await server.stop();
      await copyFile(index(server), join(server.dataDir, 'old'));
      await server.start();
      for (const name of NAMES) await api.upload(project, name, bytesOf(name));
      const upload = await start(api, project, { file_name: 'parts.NEF', part_count: 1 });
      await putParts(upload, { 1: bytesOf('parts.NEF') });
      data<Completed>(await complete(api, upload));
      const open = await start(api, project, { file_name: 'open.NEF', part_count: 1 });
      await putParts(open, { 1: bytesOf('open.NEF') });
      const before = await api.files(project);
      await server.kill();

      await loseIndex(server);
      await assertRefused(server, /index\.sqlite is missing/);
      await copyFile(join(server.dataDir, 'old'), index(server));
      await assertRefused(server, /index\.sqlite is older than /);
      const { about } = await askDoctor(server);
      assert.equal(about('store').status, 'wrong');
      assert.match(about('store').message, /darkslide store rebuild/);

      const { code, stdout } = await server.command(['store', 'rebuild', '--json']);
      assert.equal(code, 0, stdout);
      const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
      assert.deepEqual(
        [summary.type, summary.ok, summary.objects, summary.open_uploads, summary.unreadable, summary.lost],
        ['summary', true, NAMES.length + 1, 1, [], []],
      );
      await server.start();
      assert.equal((await server.command(['store', 'rebuild'])).code, 1, 'not while a server runs');
      assert.deepEqual(await api.files(project), before);
      for (const name of [...NAMES, 'parts.NEF']) {
        assert.ok((await api.download(project, name)).equals(bytesOf(name)), name);
      }
      data<Completed>(await complete(api, open));
      assert.ok((await api.download(project, 'open.NEF')).equals(bytesOf('open.NEF')));
    } finally {
      await server.remove();
    }
  });

  it('and all else in the data folder is its owner’s alone, whatever the umask [L9.33]', async () => {
    const umask = process.umask(0);
    const server = await Darkslide.start().finally(() => process.umask(umask));
    try {
      const api = new Api(server);
      await api.upload(await api.newProject(), '1.NEF', bytesOf('1.NEF'));
      assert.deepEqual(await openToOthers(server.dataDir), []);
    } finally {
      await server.remove();
    }
  });
});

async function assertRefused(server: Darkslide, says: RegExp): Promise<void> {
  const error = await server.start().then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.match(String(error), says);
  assert.match(String(error), /The embedded store cannot start: .*: run `darkslide store rebuild`.*\./);
}
