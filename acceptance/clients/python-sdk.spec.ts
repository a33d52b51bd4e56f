import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { bytesMd5, ensurePythonTools, fileMd5, runOk, temporaryFolder, writeShoot } from '@darkslide/testkit';
import { type Api, PROFILE, SMART_EDITING, uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';

const MiB = 1024 * 1024;

type Seen = {
  profile: Record<string, unknown> & { project: string; taken: string };
  i2i: Record<string, unknown> & { project: string; aborted: string };
  stranger: string;
};

const { target, api } = await useTarget();

async function assertArrived(owner: Api, project: string, photos: readonly { path: string; name: string }[]) {
  for (const { path, name } of photos) {
    assert.deepEqual(bytesMd5(await owner.download(project, name)), await fileMd5(path), name);
  }
}

it('the Python SDK works unchanged in both families, multipart included [L7.2, L7.3, L7.5]', {
  timeout: 600_000,
}, async () => {
  const { python } = await ensurePythonTools();
  await using folder = await temporaryFolder();
  const small = await writeShoot({ folder: join(folder.path, 'small'), seed: 1, sizes: [300_000, 5, 1_000_000] });
  // The larger one is over the SDK's own 64 MiB a part.
  const large = await writeShoot({
    folder: join(folder.path, 'large'),
    seed: 2,
    sizes: [12 * MiB + 1, 70 * MiB],
    prefix: 'HDR_',
  });
  const script = join(import.meta.dirname, 'scripts', 'sdk_session.py');
  const name = uniqueName('SDK');
  const args = [script, `${target.apiUrl}/v1`, target.accounts.first.apiKey, folder.path, name];
  const { stdout } = await runOk(python, args, { timeoutMs: 300_000 });
  const { profile, i2i, stranger } = JSON.parse(stdout) as Seen;

  assert.deepEqual(profile.errors, []);
  assert.deepEqual(profile.summary, [3, 3, 0]);
  assert.equal(profile.by_name, profile.project);
  assert.equal(profile.images, 3);
  assert.equal(profile.listed, true);
  assert.notEqual(profile.unnamed, profile.project);
  assert.ok(profile.taken.includes('409') && profile.taken.includes(name), profile.taken);
  await assertArrived(api, `${PROFILE}/${profile.project}`, small);
  const { md5_matches: matches } = await api.file(`${PROFILE}/${profile.project}`, 'DSC_0001.NEF');
  assert.equal(matches, true);

  assert.deepEqual(i2i.errors, []);
  assert.deepEqual(i2i.summary, [5, 5, 0]);
  assert.equal(i2i.parts, 3);
  assert.equal(i2i.images, 5);
  assert.equal(i2i.listed, true);
  assert.deepEqual(i2i.valid, [true, false]);
  assert.equal(i2i.single, 'single.NEF');
  assert.match(i2i.aborted, /404/);
  await assertArrived(api, `${SMART_EDITING}/${i2i.project}`, [...small, ...large]);

  assert.match(stranger, /API key/);
});
