import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDarkslide } from '@darkslide/testkit';
import { PROFILE, uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';

const { api, target } = await useTarget();
const env = { DARKSLIDE_URL: target.apiUrl, DARKSLIDE_API_KEY: target.accounts.first.apiKey };
const remove = (...args: string[]) => runDarkslide(['delete', ...args], { env });

describe('darkslide delete', () => {
  it('deletes files and projects, and only what the user confirmed [L10.10, L6.9, L6.10]', async () => {
    const name = uniqueName();
    const project = await api.newProject(PROFILE, name);
    for (const file of ['a.NEF', 'b.NEF', 'c.NEF']) await api.upload(project, file, Buffer.from(file));
    for (const args of [[name], [name, 'a.NEF']]) {
      const asked = await remove(...args);
      assert.equal(asked.code, 2);
      assert.match(asked.stderr, /--yes/);
    }
    assert.equal((await api.files(project)).length, 3);

    const some = await remove(name, 'a.NEF', 'never.NEF', '--yes', '--json');
    assert.equal(some.code, 1);
    const told = some.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; deleted: boolean });
    assert.deepEqual(
      told.map((file) => [file.name, file.deleted]),
      [
        ['a.NEF', true],
        ['never.NEF', false],
      ],
    );
    assert.equal((await api.files(project)).length, 2);

    const all = await remove(name, '--yes');
    assert.equal(all.code, 0, all.stderr);
    assert.equal((await api.get(project)).status, 404);
    assert.equal((await remove(name, '--yes')).code, 2, 'there is no such project any more');
  });
});
