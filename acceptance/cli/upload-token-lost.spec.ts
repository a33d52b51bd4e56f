import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesMd5, type ProxiedRequest, writeShoot } from '@darkslide/testkit';
import { startProxied } from '../support/proxied.ts';
import { summaryOf } from '../support/shoots.ts';
import { mintToken } from '../support/upload-tokens.ts';

const { api, apiProxy, storageProxy, folder, client, remove } = await startProxied();
after(remove);

const MiB = 1024 * 1024;
const LIMIT = { timeout: 120_000 };

const isPut = ({ method }: ProxiedRequest) => method === 'PUT';
const isComplete = ({ method, path }: ProxiedRequest) => method === 'POST' && path.endsWith('/complete');

/** Uploads a folder with a token for the project. */
async function upload(name: string, project: string) {
  const { token } = await mintToken(api, project);
  const uuid = project.split('/').at(-1) as string;
  const args = ['upload', join(folder, name), '--project', uuid, '--json'];
  return client(args, { DARKSLIDE_API_KEY: token, XDG_STATE_HOME: join(folder, `state-${name}`) }).ended;
}

describe('an upload with a token whose response was lost', () => {
  for (const [what, size, proxy, match] of [
    ['a PUT', 2 * MiB, storageProxy, isPut],
    ['a complete', 70 * MiB, apiProxy, isComplete],
  ] as const) {
    it(`finds that ${what} arrived, and says that the file is uploaded [L13.14]`, LIMIT, async () => {
      const name = what.replace(' ', '-');
      const [photo] = await writeShoot({ folder: join(folder, name), seed: name, sizes: [size] });
      const project = await api.newProject();
      proxy.inject({ fault: { kind: 'lose-answer' }, match, times: 1 });
      const { code, stdout } = await upload(name, project);
      proxy.heal();
      assert.equal(code, 0, stdout);
      assert.equal(summaryOf(stdout).successful, 1);
      const bytes = await readFile(photo?.path ?? '');
      assert.deepEqual(bytesMd5(await api.download(project, basename(photo?.path ?? ''))), bytesMd5(bytes));
    });
  }

  it('is told when the name belongs to another photo, which stays as it was [L13.14]', LIMIT, async () => {
    await writeShoot({ folder: join(folder, 'other'), seed: 'other', sizes: [1000] });
    const project = await api.newProject();
    await api.upload(project, 'DSC_0001.NEF', Buffer.from('the photo of another client'));
    const { code, stdout } = await upload('other', project);
    assert.equal(code, 1, stdout);
    const [failed] = summaryOf(stdout).results;
    assert.match(failed?.message ?? '', /already contains .*file with (this|the) name/);
    assert.equal((await api.download(project, 'DSC_0001.NEF')).toString(), 'the photo of another client');
  });
});
