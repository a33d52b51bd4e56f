import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Darkslide, ensureRsync, ensureSqlite, photoBytes, root, runOk, temporaryFolder } from '@darkslide/testkit';
import { Api } from '../support/api.ts';
import { eventually } from '../support/external-storage.ts';

/** The two scripts that docs/operations.md gives, backup and restore. */
async function scripts(): Promise<{ backup: string; restore: string }> {
  const text = await readFile(join(root, 'docs', 'operations.md'), 'utf8');
  const [backup, restore] = [...text.matchAll(/<!-- run by \S+backup\.spec\.ts -->\n```sh\n([\s\S]*?)```/g)];
  assert.ok(backup?.[1] && restore?.[1], 'two scripts');
  return { backup: backup[1], restore: restore[1] };
}

const bytesOf = (name: string) => photoBytes({ seed: name, size: 40_000 });

describe('a backup of the data folder', () => {
  it('that was made under load holds, after its restore, all that was acknowledged before it, whole [L9.15]', {
    timeout: 180_000,
  }, async () => {
    await Promise.all([ensureRsync(), ensureSqlite()]);
    const { backup, restore } = await scripts();
    const copy = await temporaryFolder('darkslide-backup');
    const server = await Darkslide.start();
    const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`;
    const places = { env: { DATA: server.dataDir, BACKUP: copy.path, PATH: path } };
    try {
      const api = new Api(server);
      const project = await api.newProject();
      const acknowledged = new Set<string>();
      const stop = new AbortController();
      const client = async (number: number) => {
        for (let count = 0; !stop.signal.aborted; count++) {
          const name = `${number}-${count}.NEF`;
          await api.upload(project, name, bytesOf(name));
          acknowledged.add(name);
        }
      };
      const clients = Promise.all([1, 2, 3].map(client));
      await eventually(async () => acknowledged.size > 100, 'uploads are in progress');
      const before = new Set(acknowledged);
      await runOk('sh', ['-c', backup], places);
      assert.ok(acknowledged.size > before.size, 'uploads went on meanwhile');
      // The next one goes over the first, and copies only what is new.
      await runOk('sh', ['-c', backup], places);
      stop.abort();
      await clients;

      await server.kill();
      await rm(server.dataDir, { recursive: true });
      await runOk('sh', ['-c', restore], places);
      await server.start();
      const files = (await api.files(project)).filter(({ status }) => status === 'uploaded');
      const names = new Set(files.map(({ file_name }) => file_name));
      for (const name of before) assert.ok(names.has(name), name);
      const left = names.values();
      const check = async () => {
        for (const name of left) assert.ok((await api.download(project, name)).equals(bytesOf(name)), name);
      };
      await Promise.all(Array.from({ length: 8 }, check));
      await eventually(async () => /swept leftovers/.test(server.logs), 'the sweep after the restore');
      assert.doesNotMatch(server.logs, /their bytes are gone/);
      await api.upload(project, 'after.NEF', bytesOf('after.NEF'));
    } finally {
      await server.remove();
      await copy.remove();
    }
  });
});
