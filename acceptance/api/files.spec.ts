import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { bytesMd5, request } from '@darkslide/testkit';
import { data, FAMILIES, type FileEntry, PROFILE, putLink, refusal } from '../support/api.ts';
import { complete, putParts, start } from '../support/multipart.ts';
import { goodFileNames } from '../support/names.ts';
import { s3Client } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { api, target } = await useTarget();

const bytes = Buffer.from('a small photo');
const md5 = bytesMd5(bytes);

for (const family of FAMILIES) {
  describe(`files under ${family}`, () => {
    it('are pending until they arrive, and then what storage says [L6.1, L6.3]', async () => {
      const project = await api.newProject(family);
      assert.deepEqual(await api.files(project), []);
      const url = await api.uploadLink(project, 'a.NEF');
      const unknown = { size: null, etag: null, uploaded_at: null, md5_matches: null };
      assert.deepEqual(await api.files(project), [{ file_name: 'a.NEF', status: 'pending', ...unknown }]);
      const before = Date.now();
      await putLink(url, bytes);
      const [file] = await api.files(project);
      const { uploaded_at: uploadedAt, ...rest } = file as FileEntry;
      assert.deepEqual(rest, {
        file_name: 'a.NEF',
        status: 'uploaded',
        size: bytes.length,
        etag: md5.hex,
        md5_matches: null,
      });
      assert.match(uploadedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/);
      assert.ok(Math.abs(Date.parse(uploadedAt ?? '') - before) < 60_000);
    });
  });
}

describe('the list of files', () => {
  it('has each file on exactly one page [L6.2]', async () => {
    const project = await api.newProject();
    const names = Array.from({ length: 25 }, (_, index) => `DSC_${index}.NEF`);
    await api.uploadLinks(
      project,
      names.map((name) => ({ file_name: name })),
    );
    await api.upload(project, 'DSC_3.NEF', bytes);
    type Page = { files: FileEntry[]; next_cursor: string | null };
    for (const limit of [1, 7, 24, 25, 26, 1000]) {
      const found: FileEntry[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page = data<Page>(await api.get(`${project}/files?limit=${limit}${query}`));
        assert.ok(page.files.length <= limit);
        found.push(...page.files);
        cursor = page.next_cursor;
      } while (cursor !== null);
      assert.deepEqual(found.map((file) => file.file_name).sort(), [...names].sort(), `${limit} a page`);
      assert.deepEqual(
        found.filter(({ status }) => status === 'uploaded').map((file) => file.file_name),
        ['DSC_3.NEF'],
      );
    }
  });

  it('refuses a page that makes no sense [L6.2, E.invalid_request]', async () => {
    const project = await api.newProject();
    await api.uploadLink(project, 'a.NEF');
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=-1', 'cursor=nonsense', 'cursor=%00']) {
      refusal(await api.get(`${project}/files?${query}`), { status: 400, code: 'invalid_request' });
    }
  });

  it('follows what happens in storage itself [L6.3]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: bytes });
    data(await complete(api, upload));
    const s3 = s3Client(target);
    const object = { Bucket: target.s3.bucket, Key: upload.key };
    await s3.send(new PutObjectCommand({ ...object, Body: 'replaced' }));
    const { size, etag } = await api.file(project, 'a.NEF');
    assert.deepEqual({ size, etag }, { size: 8, etag: bytesMd5('replaced').hex });
    assert.equal((await api.files(project))[0]?.size, 8);
    await s3.send(new DeleteObjectCommand(object));
    assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
    assert.equal((await api.files(project))[0]?.status, 'pending');
    assert.equal(data<{ number_of_images: number }>(await api.get(project)).number_of_images, 0);
  });
});

describe('md5_matches', () => {
  it('compares what arrived with what was declared [L6.4, L3.9]', async () => {
    const project = await api.newProject();
    const cases: [name: string, declared: string | undefined, sent: Buffer, expected: boolean | null][] = [
      ['right.NEF', md5.base64, bytes, true],
      ['wrong.NEF', md5.base64, Buffer.from('something else'), false],
      ['silent.NEF', undefined, bytes, null],
    ];
    for (const [name, declared, sent] of cases) await api.upload(project, name, sent, declared);
    const files = await api.files(project);
    for (const [name, , , expected] of cases) {
      assert.equal(files.find((file) => file.file_name === name)?.md5_matches, expected, name);
      assert.equal((await api.file(project, name)).md5_matches, expected, name);
    }
  });

  it('of a multipart upload is never a false alarm [L6.4, L5.21]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1, md5: md5.base64 });
    await putParts(upload, { 1: bytes });
    data(await complete(api, upload, { md5: md5.base64 }));
    assert.notEqual((await api.file(project, 'a.NEF')).md5_matches, false);
    const wrong = await start(api, project, { file_name: 'b.NEF', part_count: 1, md5: md5.base64 });
    await putParts(wrong, { 1: Buffer.from('something else') });
    data(await complete(api, wrong));
    assert.notEqual((await api.file(project, 'b.NEF')).md5_matches, true);
  });
});

describe('one file', () => {
  it('that was never asked for is a 404 [L6.5, E.file_not_found]', async () => {
    const project = await api.newProject();
    refusal(await api.get(`${project}/files/nobody.NEF`), { status: 404, code: 'file_not_found' });
    const odd = await api.get(`${project}/files/${encodeURIComponent('a/b')}`);
    assert.ok(odd.status === 400 || odd.status === 404, String(odd.status));
    refusal(odd, { status: odd.status });
  });

  it('has a download link once it has arrived [L6.6]', async () => {
    const project = await api.newProject();
    const url = await api.uploadLink(project, 'a.NEF');
    assert.equal((await api.file(project, 'a.NEF')).download_link, null);
    await putLink(url, bytes);
    const { download_link: download } = await api.file(project, 'a.NEF');
    const answer = await request({ url: download as string });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, bytes);
    const part = await request({ url: download as string, headers: { Range: 'bytes=2-6' } });
    assert.equal(part.status, 206);
    assert.equal(part.text, 'small');
    assert.equal((await request({ url: download as string, method: 'DELETE' })).status, 403);
    assert.equal((await putLink(download as string, Buffer.from('evil'))).status, 403);
  });

  it('goes there and back under every name [L6.7, L3.7]', async () => {
    const project = await api.newProject(PROFILE);
    const content = (name: string) => Buffer.from(`the photo called ${name}`);
    for (const name of goodFileNames) await api.upload(project, name, content(name));
    const listed = await api.files(project);
    assert.deepEqual(listed.map((file) => file.file_name).sort(), [...goodFileNames].sort());
    for (const name of goodFileNames) {
      const { download_link: url, status, etag } = await api.file(project, name);
      assert.deepEqual({ status, etag }, { status: 'uploaded', etag: bytesMd5(content(name)).hex }, name);
      assert.deepEqual((await request({ url: url as string })).body, content(name), name);
    }
  });

  it('has its multipart upload under every name [L6.7, L5.4]', async () => {
    const project = await api.newProject();
    for (const name of goodFileNames) {
      const upload = await start(api, project, { file_name: name, part_count: 1 });
      await putParts(upload, { 1: bytes });
      const completed = data<{ file_name: string; key: string }>(await complete(api, upload));
      assert.deepEqual([completed.file_name, completed.key], [name, upload.key]);
    }
    assert.ok((await api.files(project)).every(({ status }) => status === 'uploaded'));
  });
});
