import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDarkslide } from '@darkslide/testkit';
import { Api, data, PROFILE, uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';
import { listTokens } from '../support/upload-tokens.ts';

const { api, target } = await useTarget();
const env = { DARKSLIDE_URL: `${target.apiUrl}/v1/`, DARKSLIDE_API_KEY: target.accounts.first.apiKey };
const link = (...args: string[]) => runDarkslide(['link', ...args], { env });

type Own = { title: string | null; max_files: number; max_bytes: number; allowed_names: string[]; expires_at: string };

describe('darkslide link', () => {
  it('prints a link to the upload page, which has the token in its fragment only [L13.21, L13.22]', async () => {
    const name = uniqueName();
    const project = await api.newProject(PROFILE, name);
    const limits = ['--max-files', '5', '--max-bytes', '1.5G', '--allow', '*.NEF', '--allow', 'x.txt'];
    const { code, stdout, stderr } = await link(name, '--expires', '7d', '--title', 'Für ihn', ...limits);
    assert.equal(code, 0, stderr);
    const [, before, token = ''] = /^(\S+)#(dst_[\w-]{43})\n$/.exec(stdout) ?? [];
    assert.equal(before, `${target.apiUrl}/upload`);
    const own = data<Own>(await new Api({ apiUrl: api.url, apiKey: token }).get('/v1/upload_token'));
    const { title, max_files, max_bytes, allowed_names } = own;
    assert.deepEqual([title, max_files, max_bytes, allowed_names], ['Für ihn', 5, 1.5e9, ['*.NEF', 'x.txt']]);
    const daysLeft = (Date.parse(own.expires_at) - Date.now()) / 86_400_000;
    assert.ok(daysLeft > 6.99 && daysLeft <= 7, `${daysLeft} days`);
    assert.equal((await listTokens(api, project)).length, 1);
  });

  it('creates a project that does not exist, and prints JSON for programs', async () => {
    const name = uniqueName();
    const { code, stdout } = await link(name, '--json');
    assert.equal(code, 0);
    const { url, project_uuid, token_id, expires_at } = JSON.parse(stdout);
    assert.equal((await api.get(`${PROFILE}/${project_uuid}`)).status, 200);
    const [token] = await listTokens(api, `${PROFILE}/${project_uuid}`);
    assert.deepEqual([token?.token_id, token?.expires_at], [token_id, expires_at]);
    assert.match(url, /#dst_/);
  });

  it('refuses limits that are not valid, and makes no link', async () => {
    const name = uniqueName();
    const project = await api.newProject(PROFILE, name);
    for (const [option, value] of [
      ['--expires', '8d'],
      ['--expires', '604801s'],
      ['--expires', '0s'],
      ['--expires', 'soon'],
      ['--max-files', '0'],
      ['--max-files', '1000001'],
      ['--max-bytes', '0'],
      ['--max-bytes', '9P'],
      ['--allow', 'a/b'],
      ['--title', ''],
      ['--title', 'two\nlines'],
    ] as const) {
      const { code, stdout, stderr } = await link(name, option, value);
      assert.equal(code, 2, `${option} ${value}: ${stderr}`);
      assert.equal(stdout, '');
    }
    assert.deepEqual(await listTokens(api, project), []);
    assert.equal((await link(name, '--expires', '604800s', '--max-files', '1000000', '--max-bytes', '1')).code, 0);
  });
});
