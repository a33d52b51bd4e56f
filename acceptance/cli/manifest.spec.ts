import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdir, readFile, rename, rm, symlink, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ensureAscmhl, fileMd5, run, runDarkslide, runOk, temporaryFolder, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { projectPath } from '../support/shoots.ts';
import { useTarget } from '../support/target.ts';

const { target, api } = await useTarget();
const folder = await temporaryFolder();
after(() => folder.remove());

const MiB = 1024 * 1024;
const LIMIT = { timeout: 600_000 };

const card = join(folder.path, 'card & <one>');
const photos = [
  ...(await writeShoot({ folder: join(card, 'DCIM/100'), seed: 1, sizes: [1000, 2 * MiB] })),
  ...(await writeShoot({ folder: join(card, 'DCIM/101 Ü'), seed: 2, sizes: [70 * MiB], prefix: 'large "' })),
];
const project = uniqueName('Manifest');

function upload(...args: string[]) {
  const env = {
    DARKSLIDE_URL: target.apiUrl,
    DARKSLIDE_API_KEY: target.accounts.first.apiKey,
    XDG_STATE_HOME: join(folder.path, 'state'),
  };
  return runDarkslide(['upload', card, '--project', project, ...args], { cwd: folder.path, env });
}

type Entry = { name: string; path: string; size: number; md5: string; etag: string; uploaded_at: string | null };

describe('upload --manifest', LIMIT, () => {
  it('writes name, path, size, MD5, ETag and time of what arrived, as JSON and CSV', async () => {
    assert.equal((await upload('--manifest', 'sent.json')).code, 0);
    const entries = JSON.parse(await readFile(join(folder.path, 'sent.json'), 'utf8')) as Entry[];
    assert.deepEqual(
      entries.map(({ path }) => path),
      photos.map(({ path }) => path),
    );
    const stored = await api.files(await projectPath(api, project));
    for (const { name, path, size, md5, etag, uploaded_at: uploadedAt } of entries) {
      const photo = photos.find((one) => one.path === path);
      assert.deepEqual([name, size, md5], [basename(path), photo?.size, (await fileMd5(path)).hex]);
      assert.equal(stored.find(({ file_name: stem }) => stem === name)?.etag?.replaceAll('"', ''), etag);
      assert.match(uploadedAt ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    }
    assert.equal((await upload('--manifest', 'there.csv')).code, 0);
    const [head, ...rows] = (await readFile(join(folder.path, 'there.csv'), 'utf8')).trimEnd().split('\r\n');
    assert.equal(head, '\ufeffname,path,size,md5,etag,modified_at,uploaded_at,shot,set,position,captured_at');
    for (const [at, { md5 }] of entries.entries()) assert.ok(rows[at]?.includes(`,${md5},`), rows[at]);
  });

  it('writes ASC Media Hash Lists that its reference implementation accepts and verifies', async () => {
    const { ascmhl, schema } = await ensureAscmhl();
    await mkdir(join(folder.path, 'lists'));
    for (const manifest of [join(card, 'card.mhl'), join(folder.path, 'lists', 'card.mhl')]) {
      const { code, stderr } = await upload('--manifest', manifest);
      assert.equal(code, 0, stderr);
      await runOk(ascmhl, ['xsd-schema-check', '-xsd', schema, manifest]);
    }
    await rm(join(card, 'card.mhl'));
    // The list that lies elsewhere begins at the folder that holds all files.
    const verify = () => run(ascmhl, ['verify', '-pl', join(folder.path, 'lists', 'card.mhl'), join(card, 'DCIM')]);
    const same = await verify();
    assert.equal(same.code, 0, same.stdout + same.stderr);
    await appendFile(photos[0]?.path ?? '', 'x');
    const changed = await verify();
    assert.notEqual(changed.code, 0);
    assert.match(changed.stdout + changed.stderr, /hash mismatch.*DSC_0001\.NEF/);
  });

  it('lists a photo twice that is on the card twice, with paths that hold through a link, whatever its date', async () => {
    const { ascmhl, schema } = await ensureAscmhl();
    const twice = join(folder.path, 'twice');
    const [photo] = await writeShoot({ folder: join(twice, 'A'), seed: 'twice', sizes: [3000] });
    await mkdir(join(twice, 'B'));
    await copyFile(photo?.path ?? '', join(twice, 'B', 'DSC_0001.NEF'));
    await utimes(photo?.path ?? '', new Date(), new Date('+012026-01-01'));
    await symlink('twice', join(folder.path, 'link'));
    const env = { DARKSLIDE_URL: target.apiUrl, DARKSLIDE_API_KEY: target.accounts.first.apiKey };
    const args = ['upload', 'twice', '--project', uniqueName('Twice'), '--manifest', 'link/list.mhl'];
    const { code, stdout, stderr } = await runDarkslide(args, { cwd: folder.path, env });
    assert.equal(code, 0, stdout + stderr);
    const list = join(twice, 'list.mhl');
    await runOk(ascmhl, ['xsd-schema-check', '-xsd', schema, list]);
    assert.match(await readFile(list, 'utf8'), />A\/DSC_0001\.NEF<[\s\S]*>B\/DSC_0001\.NEF</);
    await rename(list, join(folder.path, 'list.mhl'));
    const { stdout: said } = await runOk(ascmhl, ['verify', '-v', '-pl', join(folder.path, 'list.mhl'), twice]);
    for (const path of ['A/DSC_0001.NEF', 'B/DSC_0001.NEF']) assert.ok(said.includes(path), said);
  });

  it('writes a list that is valid where nothing arrived', async () => {
    const { ascmhl, schema } = await ensureAscmhl();
    const empty = join(folder.path, 'empty');
    await mkdir(empty);
    const env = { DARKSLIDE_URL: target.apiUrl, DARKSLIDE_API_KEY: target.accounts.first.apiKey };
    const args = ['upload', empty, '--project', uniqueName('Nothing'), '--manifest', 'nothing.mhl'];
    assert.equal((await runDarkslide(args, { cwd: folder.path, env })).code, 0);
    await runOk(ascmhl, ['xsd-schema-check', '-xsd', schema, join(folder.path, 'nothing.mhl')]);
  });
});
