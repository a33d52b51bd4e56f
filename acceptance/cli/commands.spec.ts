import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { binary, pinnedNode, runDarkslide, temporaryFolder, writePhoto, writeShoot } from '@darkslide/testkit';
import { data, PROFILE, uniqueName } from '../support/api.ts';
import { projectPath, summaryOf } from '../support/shoots.ts';
import { useTarget } from '../support/target.ts';

const { target, api } = await useTarget();
const folder = await temporaryFolder();
after(() => folder.remove());

const LIMIT = { timeout: 300_000 };
const env = {
  DARKSLIDE_URL: target.apiUrl,
  DARKSLIDE_API_KEY: target.accounts.first.apiKey,
  XDG_STATE_HOME: join(folder.path, 'state'),
};

const darkslide = (...args: string[]) => runDarkslide(args, { cwd: folder.path, env });
const records = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function exists(project: string): Promise<boolean> {
  return (await api.get(`${PROFILE}/${encodeURIComponent(project)}/uuid`)).status === 200;
}

/** A folder of three photos. */
async function shoot(name: string): Promise<string> {
  const path = join(folder.path, name);
  await writeShoot({ folder: path, seed: name, sizes: [1000, 2000, 3000] });
  return path;
}

describe('darkslide upload', LIMIT, () => {
  it('--dry-run compares with what the project holds, and changes nothing', async () => {
    const [path, project] = [await shoot('dry'), uniqueName('Dry')];
    const first = await darkslide('upload', path, '--project', project, '--dry-run');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^send {2}DSC_0001\.NEF[\s\S]*Would send 3 files, 6\.0 kB\.\n$/);
    assert.equal(await exists(project), false);

    await darkslide('upload', path, '--project', project);
    await writePhoto(join(path, 'DSC_0002.NEF'), { seed: 'other', size: 2000 });
    await writePhoto(join(path, 'DSC_0004.NEF'), { seed: 'new', size: 4000 });
    await writeFile(join(path, 'DSC_0005.NEF'), '');
    const json = await darkslide('upload', path, '--project', project, '--dry-run', '--json');
    assert.equal(json.code, 1);
    const fates = records(json.stdout);
    assert.deepEqual(
      fates.map(({ type, name, reason }) => [type, name, reason]),
      [
        ['would-skip', 'DSC_0001.NEF', undefined],
        ['would-fail', 'DSC_0002.NEF', 'conflict'],
        ['would-skip', 'DSC_0003.NEF', undefined],
        ['would-send', 'DSC_0004.NEF', undefined],
        ['would-fail', 'DSC_0005.NEF', 'empty'],
        ['plan', undefined, undefined],
      ],
    );
    const counts = { files: 1, bytes: 4000, skipped: 2, failed: 2 };
    assert.partialDeepStrictEqual(fates.at(-1), { type: 'plan', ...counts, left_out: { total: 0 } });
    assert.equal((await api.files(await projectPath(api, project))).length, 3);
  });

  it('makes no project where there is nothing to send', async () => {
    const empty = join(folder.path, 'nothing');
    await mkdir(empty);
    await writeFile(join(empty, 'notes.txt'), 'no photo');
    const project = uniqueName('Nothing');
    const plain = await darkslide('upload', empty, '--project', project);
    assert.equal(plain.code, 0);
    assert.match(plain.stdout, /No photos to upload\nLeft out: 1 file that is not a photo \(--all takes it\)\./);
    const { total, project_uuid: uuid } = summaryOf((await darkslide('upload', empty, '-p', project, '--json')).stdout);
    assert.deepEqual([total, uuid], [0, null]);
    assert.equal(await exists(project), false);
    assert.equal((await darkslide('upload', empty, '--project', project, '--all')).code, 0);
    assert.equal(await exists(project), true);
  });

  it('takes two cards: identical files once, others renamed by their folder, the same in every run', async () => {
    const cards = [join(folder.path, 'card-1'), join(folder.path, 'card-2')] as const;
    for (const card of cards) await writeShoot({ folder: card, seed: card, sizes: [1000] });
    for (const card of cards) await writePhoto(join(card, 'DSC_0009.NEF'), { seed: 'same', size: 500 });
    const project = uniqueName('Cards');
    const refused = await darkslide('upload', ...cards, '--project', project);
    assert.equal(refused.code, 2);
    for (const card of cards) assert.ok(refused.stderr.includes(join(card, 'DSC_0001.NEF')), refused.stderr);
    assert.match(refused.stderr, /--duplicates rename/);
    assert.equal(await exists(project), false);
    const args = ['upload', ...cards, '--project', project, '--duplicates', 'rename', '--json'];
    const sent = summaryOf((await darkslide(...args)).stdout);
    assert.deepEqual([sent.successful, sent.skipped], [3, 1]);
    const names = (await api.files(await projectPath(api, project))).map(({ file_name: name }) => name).sort();
    assert.deepEqual(names, ['DSC_0009.NEF', 'card-1_DSC_0001.NEF', 'card-2_DSC_0001.NEF']);
    const again = summaryOf((await darkslide(...args)).stdout);
    assert.deepEqual([again.successful, again.skipped, again.bytes], [0, 4, 0]);
  });

  it('leaves another file of that name alone, and says that --overwrite replaces it', async () => {
    const [path, project] = [await shoot('conflict'), uniqueName('Conflict')];
    await darkslide('upload', path, '--project', project);
    await appendFile(join(path, 'DSC_0001.NEF'), 'more');
    const left = await darkslide('upload', path, '--project', project);
    assert.equal(left.code, 1);
    assert.match(left.stdout, /DSC_0001\.NEF: [^\n]*another file[\s\S]*use --overwrite/);
    assert.equal((await darkslide('upload', path, '--project', project, '--overwrite')).code, 0);
    assert.equal((await darkslide('verify', project, path)).code, 0);
  });

  it('--quiet says nothing but what went wrong, on standard error', async () => {
    const [path, project] = [await shoot('quiet'), uniqueName('Quiet')];
    const good = await darkslide('upload', path, '--project', project, '--quiet');
    assert.deepEqual(good, { code: 0, stdout: '', stderr: '' });
    await writeFile(join(path, 'DSC_0007.NEF'), '');
    const bad = await darkslide('upload', path, '--project', project, '-q');
    assert.deepEqual([bad.code, bad.stdout], [1, '']);
    assert.match(bad.stderr, /^[^\n]*DSC_0007\.NEF: The file is empty\. Check the card[^\n]*\n$/);
  });

  it('counts what is left out in every mode, and sends a file that is named', async () => {
    const [path, project] = [await shoot('left-out'), uniqueName('Left out')];
    await mkdir(join(path, '@eaDir'));
    await writeFile(join(path, '@eaDir', 'DSC_0001.NEF'), 'a preview');
    await writeFile(join(path, 'clip.mov'), 'a film');
    const told = 'Left out: 1 file that is not a photo (--all takes it), 1 excluded, 1 folder @eaDir.';
    const args = ['upload', path, '--project', project, '--exclude', '*1.nef'];
    for (const mode of [[], ['--dry-run'], ['--quiet']]) {
      const { code, stdout, stderr } = await darkslide(...args, ...mode);
      assert.equal(code, 0);
      assert.ok((mode[0] === '--quiet' ? stderr : stdout).includes(`${told}\n`), stdout + stderr);
    }
    for (const mode of [[], ['--dry-run']]) {
      const last = records((await darkslide(...args, '--json', ...mode)).stdout).at(-1);
      const folders = [{ name: '@eaDir', count: 1 }];
      assert.partialDeepStrictEqual(last, { left_out: { total: 3, not_photos: 1, excluded: 1, folders } });
    }
    const verify = await darkslide('verify', project, path, '--exclude', '*1.nef', '--include', '*.mov');
    assert.match(verify.stdout, /clip\.mov: not stored\nLeft out: 1 excluded, 1 folder @eaDir\.\n/);
    assert.equal((await darkslide('upload', join(path, 'clip.mov'), '--project', project)).code, 0);
    const names = (await api.files(await projectPath(api, project))).map(({ file_name: name }) => name).sort();
    assert.deepEqual(names, ['DSC_0002.NEF', 'DSC_0003.NEF', 'clip.mov']);
  });

  it('goes on where its reader goes away', async () => {
    const [path, project] = [await shoot('pipe'), uniqueName('Pipe')];
    const command = [binary(), 'upload', path, '--project', project, '--json', '--limit-rate', '5K'];
    const child = spawn(pinnedNode(), command, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal((await darkslide('verify', project, path)).code, 0);
  });
});

describe('darkslide status, verify, projects, uploads, config', LIMIT, () => {
  it('tell what a project holds and misses, and how a shoot differs from it', async () => {
    const [path, project] = [await shoot('verify'), uniqueName('Verify')];
    await darkslide('upload', path, '--project', project);
    const status = await darkslide('status', project);
    assert.deepEqual([status.code, status.stdout], [0, '3 files uploaded, 6.0 kB.\n']);
    const same = await darkslide('verify', project, path);
    assert.deepEqual([same.code, same.stdout], [0, '3 of 3 files are stored as they are here.\n']);

    await appendFile(join(path, 'DSC_0001.NEF'), 'x');
    await rm(join(path, 'DSC_0002.NEF'));
    await copyFile(join(path, 'DSC_0003.NEF'), join(path, 'DSC_0004.NEF'));
    const differs = await darkslide('verify', project, path);
    assert.equal(differs.code, 1);
    assert.match(differs.stdout, /DSC_0001\.NEF: different from the stored file/);
    assert.match(differs.stdout, /DSC_0002\.NEF: stored, but not among these files/);
    assert.match(differs.stdout, /DSC_0004\.NEF: not stored/);
    assert.match(differs.stdout, /1 of 3 files are stored as they are here/);
    const json = await darkslide('verify', project, path, '--json');
    assert.equal(json.code, 1);
    assert.partialDeepStrictEqual(records(json.stdout).at(-1), { type: 'summary', compared: 3, wrong: 2, extra: 1 });

    await api.post(`${await projectPath(api, project)}/get_temporary_upload_links`, {
      files_list: [{ file_name: 'DSC_0099.NEF' }],
    });
    const missing = await darkslide('status', project, '--json');
    assert.equal(missing.code, 1);
    assert.deepEqual(records(missing.stdout)[0]?.missing, ['DSC_0099.NEF']);

    const projects = await darkslide('projects');
    assert.equal(projects.code, 0);
    assert.ok(projects.stdout.includes(project));
  });

  it('list and abort open multipart uploads', async () => {
    const project = uniqueName('Uploads');
    const path = await api.newProject(PROFILE, project);
    for (const name of ['a.NEF', 'b.NEF']) await api.startMultipart(path, { file_name: name, part_count: 2 });
    const listed = records((await darkslide('uploads', project, '--json')).stdout);
    assert.deepEqual(listed.map(({ file_name: name }) => name).sort(), ['a.NEF', 'b.NEF']);
    const one = await darkslide('uploads', project, '--abort', String(listed[0]?.upload_id));
    assert.match(one.stdout, /^aborted /);
    const open = async () => data<{ uploads: unknown[] }>(await api.get(`${path}/multipart_uploads`)).uploads.length;
    assert.equal(await open(), 1);
    assert.equal((await darkslide('uploads', project, '--abort')).code, 0);
    assert.equal(await open(), 0);
    assert.match((await darkslide('uploads', project)).stdout, /There are no open uploads/);
    const unknown = await darkslide('uploads', project, '--abort', 'nobody');
    assert.equal(unknown.code, 2);
  });

  it('refuse wrong use with 2, and say the way out', async () => {
    const path = await shoot('wrong');
    const cases: [args: string[], hint: RegExp][] = [
      [['status', uniqueName('None')], /`darkslide projects` lists the projects/],
      [['verify', uniqueName('None'), path], /`darkslide projects` lists the projects/],
      [['verify', 'x'], /missing required argument/],
      [['uploads'], /missing required argument/],
      [['upload', path, '-p', 'x', '--manifest', '/no/such/folder/m.csv'], /\/no\/such\/folder does not exist/],
      [['upload', path, '-p', 'x', '--limit-rate', 'fast'], /20M/],
      [['upload', path, '-p', 'x', '--concurrency', '0'], /from 1 to 256/],
      [['completion', 'tcsh'], /bash, zsh, fish/],
    ];
    for (const [args, hint] of cases) {
      const { code, stdout, stderr } = await darkslide(...args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, hint, args.join(' '));
    }
    const config = await runDarkslide(['config'], { cwd: folder.path, env: { ...env, DARKSLIDE_API_KEY: undefined } });
    assert.equal(config.code, 2);
    assert.match(config.stderr, /Set DARKSLIDE_API_KEY/);
  });
});
