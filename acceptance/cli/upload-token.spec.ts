import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesMd5, photoBytes, runDarkslide, temporaryFolder, writePhoto } from '@darkslide/testkit';
import { FAMILIES, SMART_EDITING, uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';
import { listTokens, mintToken } from '../support/upload-tokens.ts';

const { target, api } = await useTarget();
const folder = await temporaryFolder();
after(() => folder.remove());

const LARGE = 65 * 1024 * 1024;
const SMALL = 10_000;

type Result = { name: string; status: string; reason?: string; message?: string };

/** Runs the command line with a token for a key, and returns its summary where it gave one. */
async function withToken(token: string, args: readonly string[]) {
  const { code, stdout, stderr } = await runDarkslide(args, {
    cwd: folder.path,
    env: {
      DARKSLIDE_URL: target.apiUrl,
      DARKSLIDE_API_KEY: token,
      XDG_STATE_HOME: join(folder.path, 'state'),
      HOME: folder.path,
    },
    timeoutMs: 240_000,
  });
  assert.ok(!(stdout + stderr).includes(token.slice(4)), 'the token is not printed');
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { code, stdout, stderr, summary: last.startsWith('{') ? JSON.parse(last) : undefined };
}

const upload = (token: string, path: string, project: string, flow = 'profile') =>
  withToken(token, ['upload', path, '--project', project, '--flow', flow, '--json']);

async function shoot(name: string, sizes: Record<string, number>): Promise<string> {
  await mkdir(join(folder.path, name));
  for (const [file, size] of Object.entries(sizes)) {
    await writePhoto(join(folder.path, name, file), { seed: file, size });
  }
  return join(folder.path, name);
}

const uuidOf = (project: string) => project.split('/').at(-1) as string;

describe('an upload with a token', () => {
  for (const family of FAMILIES) {
    it(`brings a shoot to its project under ${family}, to the last byte that it has [L10.8, L10.1, L13.12]`, async () => {
      const flow = family === SMART_EDITING ? 'smart-editing' : 'profile';
      const name = `shoot-${flow}`;
      const path = await shoot(name, { 'large.NEF': LARGE, 'small.NEF': SMALL });
      const project = await api.newProject(family);
      const { token } = await mintToken(api, project, { max_files: 2, max_bytes: LARGE + SMALL });
      const first = await upload(token, path, uuidOf(project), flow);
      assert.equal(first.code, 0, first.stderr);
      assert.deepEqual([first.summary.successful, first.summary.failed], [2, 0]);
      for (const [file, size] of [
        ['large.NEF', LARGE],
        ['small.NEF', SMALL],
      ] as const) {
        assert.equal(
          bytesMd5(await api.download(project, file)).hex,
          bytesMd5(photoBytes({ seed: file, size })).hex,
          file,
        );
      }
      const [listed] = await listTokens(api, project);
      assert.deepEqual([listed?.files, listed?.bytes], [2, LARGE + SMALL]);
      const again = await upload(token, path, uuidOf(project), flow);
      assert.deepEqual([again.code, again.summary.skipped, again.summary.bytes], [0, 2, 0]);
      const verified = await withToken(token, ['verify', uuidOf(project), path, '--flow', flow]);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    });
  }

  it('sends what the token is for, and says why it did not send the rest [L10.8, L10.2]', async () => {
    const path = await shoot('mixed', { 'a.NEF': SMALL, 'b.NEF': SMALL, 'c.NEF': SMALL, 'notes.xmp': 100 });
    const project = await api.newProject();
    const { token } = await mintToken(api, project, { allowed_names: ['*.NEF'], max_files: 2 });
    const { code, summary } = await upload(token, path, uuidOf(project));
    assert.equal(code, 1);
    assert.deepEqual([summary.successful, summary.failed], [2, 2]);
    const failed = (summary.results as Result[]).filter(({ status }) => status === 'failed');
    const why = Object.fromEntries(failed.map(({ name, message }) => [name, message]));
    assert.match(why['notes.xmp'] ?? '', /does not allow the file name "notes\.xmp"/);
    assert.equal(Object.values(why).filter((message) => /2 files and has 0 left/.test(message ?? '')).length, 1);
  });

  it('says at once that it can not be [L10.8, L10.6]', async () => {
    const path = await shoot('refused', { 'a.NEF': SMALL });
    const project = await api.newProject();
    const minted = await mintToken(api, project);
    const byName = await upload(minted.token, path, uniqueName());
    assert.notEqual(byName.code, 0);
    assert.match(byName.stderr, /needs an API key.*named by its uuid/);
    const elsewhere = await upload(minted.token, path, uuidOf(await api.newProject()));
    assert.notEqual(elsewhere.code, 0);
    assert.match(elsewhere.stderr, /There is no project/);
    await api.delete(`${project}/upload_tokens/${minted.token_id}`);
    const revoked = await upload(minted.token, path, uuidOf(project));
    assert.notEqual(revoked.code, 0);
    assert.match(revoked.stderr, /not known here/);
    assert.deepEqual(await api.files(project), []);
  });
});
