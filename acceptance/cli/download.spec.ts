import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exifPhoto, type Photo, photoBytes, run, runOk, writeShoot } from '@darkslide/testkit';
import { PROFILE, uniqueName } from '../support/api.ts';
import { useProxied } from '../support/proxied.ts';
import { projectPath, sizeOf } from '../support/shoots.ts';

const { api, apiProxy, storageProxy, folder, client } = await useProxied();

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const PATIENCE_MS = 60_000;

type Result = { name: string; path: string; status: string; reason?: string; message?: string };
type Summary = { type: string; successful: number; failed: number; skipped: number; bytes: number; results: Result[] };

const summaryOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary;

/** A stored shoot, and an empty folder to fetch it into. */
async function stored(seed: string, sizes: readonly number[]) {
  const photos = await writeShoot({ folder: join(folder, `${seed}-card`), seed, sizes: [...sizes] });
  const project = uniqueName(seed);
  const { code, stdout, stderr } = await client(['upload', join(folder, `${seed}-card`), '--project', project]).ended;
  assert.equal(code, 0, stdout + stderr);
  const into = join(folder, `${seed}-fetched`);
  return { photos, project, into, path: await projectPath(api, project) };
}

/** Runs the command to its end; it prints neither a stack trace nor a signature. */
async function download(project: string, into: string, ...more: string[]) {
  const ended = await client(['download', project, into, '--json', ...more]).ended;
  const said = ended.stdout + ended.stderr;
  assert.doesNotMatch(said, /\n\s+at .*:\d+:\d+/);
  assert.doesNotMatch(said, /X-Amz-Signature/i);
  return { ...ended, said, summary: () => summaryOf(ended.stdout) };
}

async function assertFetched(into: string, photos: readonly Photo[]) {
  const names = photos.map(({ name }) => name);
  assert.deepEqual((await readdir(into)).sort(), names.toSorted(), 'these files, and no unfinished one');
  for (const { name, path } of photos) assert.ok((await readFile(join(into, name))).equals(await readFile(path)), name);
}

const drafts = async (into: string) => (await readdir(into)).filter((name) => name.endsWith('.darkslide-part'));

/** Waits until that many bytes of unfinished files are there. */
async function bytesOfDrafts(into: string, least: number): Promise<number> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    assert.ok(Date.now() < end, 'the download goes on');
    if (!existsSync(into)) continue;
    const sizes = await Promise.all((await drafts(into)).map(async (name) => (await stat(join(into, name))).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes >= least) return bytes;
  }
}

const isGet = ({ method }: { method: string }) => method === 'GET';

describe('darkslide download', LIMIT, () => {
  it('fetches a shoot byte for byte, and nothing of it again [L10.11, L10.12]', async () => {
    const { photos, project, into } = await stored('whole', [1, 300_000, 6 * MiB, 80 * MiB]);
    const first = await download(project, into);
    assert.equal(first.code, 0, first.said);
    assert.deepEqual([first.summary().successful, first.summary().bytes], [4, sizeOf(photos)]);
    await assertFetched(into, photos);

    const again = await download(project, into);
    assert.equal(again.code, 0, again.said);
    assert.deepEqual([again.summary().skipped, again.summary().bytes], [4, 0]);
    const { code, stdout } = await client(['download', project, into]).ended;
    assert.equal(code, 0);
    assert.match(stdout, /All 4 files in .* \(4 were there already\), verified by size and MD5/);
  });

  it('asks after a kill for the missing bytes only [L10.12]', async () => {
    const { photos, project, into } = await stored('killed', [40 * MiB]);
    storageProxy.bandwidth = 10 * MiB;
    const { child, ended } = client(['download', project, into]);
    await bytesOfDrafts(into, 8 * MiB);
    child.kill('SIGKILL');
    await ended;
    storageProxy.bandwidth = undefined;
    const [there, asked] = [await bytesOfDrafts(into, 8 * MiB), storageProxy.counts.bytesOut];
    assert.deepEqual((await readdir(into)).length, 1, 'no file has the final name');

    const { code, said, summary } = await download(project, into);
    assert.equal(code, 0, said);
    assert.equal(summary().bytes, sizeOf(photos) - there);
    assert.equal(storageProxy.counts.bytesOut - asked, sizeOf(photos) - there);
    await assertFetched(into, photos);
  });

  it('goes on where connections are cut, links refused or requests too many [L10.12]', async () => {
    const { photos, project, into } = await stored('cut', [24 * MiB, 5 * MiB, 1000]);
    const refusal = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
    storageProxy.inject({ match: isGet, fault: { kind: 'answer', answer: refusal }, times: 2 });
    storageProxy.inject({ match: isGet, fault: { kind: 'truncate-answer', afterBytes: 3 * MiB }, times: 6 });
    const { code, said, summary } = await download(project, into);
    assert.equal(code, 0, said);
    assert.ok(storageProxy.counts.faults >= 8);
    assert.equal(summary().bytes, sizeOf(photos), 'no byte came twice');
    await assertFetched(into, photos);
  });

  for (const isSaid of [true, false]) {
    const when = isSaid ? 'between two runs' : 'after the server was asked';
    it(`begins a file again that was replaced ${when} [L10.12]`, async () => {
      const { photos, project, into, path } = await stored(`replaced ${isSaid}`, [40 * MiB]);
      const [{ name }] = photos as [Photo];
      storageProxy.bandwidth = 10 * MiB;
      const { child, ended } = client(['download', project, into]);
      await bytesOfDrafts(into, 4 * MiB);
      child.kill('SIGKILL');
      await ended;
      storageProxy.bandwidth = undefined;

      const { status, headers, text: body } = await api.get(`${path}/files/${name}`);
      const other = photoBytes({ seed: 'other', size: 12 * MiB });
      await api.upload(path, name, other);
      const stale = { status, headers: { 'content-type': headers['content-type'] ?? '' }, body };
      const match = (request: { path: string }) => request.path.endsWith(`/files/${name}`);
      if (!isSaid) apiProxy.inject({ match, fault: { kind: 'replace-answer', answer: stale }, times: 1 });
      const { code, said, summary } = await download(project, into);
      assert.equal(code, 0, said);
      assert.equal(/replaced meanwhile/.test(said), !isSaid);
      assert.equal(summary().bytes, other.length);
      assert.ok((await readFile(join(into, name))).equals(other));
      assert.deepEqual(await readdir(into), [name]);
    });
  }

  it('gives no file the final name whose bytes are not those that were uploaded [L10.11]', async () => {
    const { photos, project, into, path } = await stored('spoilt', [1000, 2000]);
    const [{ name }] = photos as [Photo];
    const { etag } = await api.file(path, name);
    const wrong = { status: 200, headers: { etag: `"${etag}"` }, body: 'x'.repeat(1000) };
    const match = (request: { method: string; path: string }) => isGet(request) && request.path.endsWith(name);
    storageProxy.inject({ match, fault: { kind: 'replace-answer', answer: wrong } });
    const { code, said, summary } = await download(project, into);
    assert.equal(code, 1, said);
    const [failed] = summary().results.filter(({ status }) => status === 'failed');
    assert.deepEqual([failed?.name, failed?.reason], [name, 'mismatch']);
    await assertFetched(into, photos.slice(1));
  });

  it('keeps a file with other content, and replaces it only when told [L10.13]', async () => {
    const { photos, project, into } = await stored('taken', [1000, 2000]);
    const [{ name }] = photos as [Photo];
    await mkdir(into);
    await writeFile(join(into, name), 'mine');
    const kept = await download(project, into);
    assert.equal(kept.code, 1, kept.said);
    assert.equal(kept.summary().results.find((result) => result.name === name)?.reason, 'conflict');
    assert.equal(await readFile(join(into, name), 'utf8'), 'mine');
    const replaced = await download(project, into, '--overwrite');
    assert.equal(replaced.code, 0, replaced.said);
    await assertFetched(into, photos);
  });

  it('never leaves the folder, whatever names the server gives [L10.13]', async () => {
    const { photos, project, into, path } = await stored('hostile', [1000]);
    const listed = await api.files(path);
    const hostile = ['../evil.NEF', '..', '/tmp/evil.NEF', 'a/b.NEF', 'a\\b.NEF', 'x.darkslide-part', 'a\u0000b.NEF'];
    const files = [...listed, ...hostile.map((name) => ({ ...listed[0], file_name: name }))];
    const answer = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: { files, next_cursor: null } }),
    };
    const match = (request: { path: string }) => request.path.endsWith('/files');
    apiProxy.inject({ match, fault: { kind: 'replace-answer', answer } });
    const before = await readdir(folder);
    const { code, said, summary } = await download(project, into);
    assert.equal(code, 1, said);
    const failed = summary().results.filter(({ status }) => status === 'failed');
    assert.deepEqual(failed.map(({ name }) => name).sort(), hostile.toSorted());
    assert.ok(failed.every(({ reason }) => reason === 'invalid-name'));
    await assertFetched(into, photos);
    assert.deepEqual((await readdir(folder)).sort(), [...before, basename(into)].sort());
  });

  it('says what to do where the folder is full or is none [L10.13]', async (t) => {
    const { photos, project, into } = await stored('full', [20 * MiB]);
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const none = await download(project, file);
    assert.equal(none.code, 2, none.said);
    assert.match(none.stderr, /Nothing was fetched\. .*a-file is in the way/);

    await mkdir(into);
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', into]);
    if (mounted.code !== 0) return t.skip('this user can not mount a disk of its own');
    try {
      const { code, said, summary } = await download(project, into);
      assert.equal(code, 1, said);
      const [failed] = summary().results;
      assert.equal(failed?.reason, 'full');
      assert.match(failed?.message ?? '', /is full\. Make room, then run the same command to resume/);
      assert.deepEqual(await readdir(into), await drafts(into), 'no file has the final name');
      await runOk('mount', ['-o', 'remount,size=64m', into]);
      assert.equal((await download(project, into)).code, 0);
      await assertFetched(into, photos);
    } finally {
      await runOk('umount', [into]);
    }
  });

  it('sorts into a folder for each set, with capture times, on demand [L10.14]', async () => {
    const path = await api.newProject(PROFILE, uniqueName('Sets'));
    const photos = new Map<string, Buffer>();
    for (const [frame, speed] of [100, 400, 25, 100, 400, 25].entries()) {
      const takenAt = new Date(Date.UTC(2026, 5, 1, 12, Math.floor(frame / 3), frame));
      photos.set(`IMG_${101 + frame}.JPG`, exifPhoto({ takenAt, speed, bracketed: true }));
    }
    for (const [name, bytes] of photos) await api.upload(path, name, bytes);
    const into = join(folder, 'sets');
    const { code, said } = await download(path.slice(PROFILE.length + 1), into, '--by-set');
    assert.equal(code, 0, said);
    const [first, second] = ['exposure-IMG_101', 'exposure-IMG_104'] as const;
    assert.deepEqual((await readdir(into)).sort(), [first, second]);
    for (const [name, bytes] of photos) {
      const fetched = join(into, name < 'IMG_104' ? first : second, name);
      assert.ok((await readFile(fetched)).equals(bytes), name);
      const shown = (await stat(fetched)).mtime;
      assert.deepEqual([shown.getMonth(), shown.getDate(), shown.getHours()], [5, 1, 12], 'as the camera showed it');
    }
  });

  it('follows a shoot that still arrives, until Ctrl-C [L10.15]', async () => {
    const { photos, project, into, path } = await stored('follow', [1000]);
    const late = photoBytes({ seed: 'late', size: 3000 });
    const { child, said, ended } = client(['download', project, into, '--follow', '--json']);
    const fetched = (count: number) => said((stdout) => stdout.split('"status":"downloaded"').length > count);
    await fetched(1);
    await api.upload(path, 'LATE.NEF', late);
    await fetched(2);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual([summaryOf(stdout).type, summaryOf(stdout).successful], ['summary', 2]);
    assert.ok((await readFile(join(into, 'LATE.NEF'))).equals(late));
    assert.deepEqual((await readdir(into)).length, photos.length + 1);
  });
});
