import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesMd5, photoBytes, request } from '@darkslide/testkit';
import { FAMILIES, putLink } from '../support/api.ts';
import { s3Code, signsContentType, takesAbsentTypeAsEmpty } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { api, target } = await useTarget();

const bytes = photoBytes({ seed: 'put', size: 300_000 });

for (const family of FAMILIES) {
  describe(`the PUT to a link of ${family}`, () => {
    const clients: [who: string, headers: Record<string, string>][] = [
      ['sends an empty Content-Type [L4.1, L4.7]', { 'Content-Type': '' }],
      ['sends no Content-Type [L4.2, L4.7]', {}],
    ];
    for (const [who, headers] of clients) {
      it(`succeeds for a client that ${who}`, async () => {
        const project = await api.newProject(family);
        const answer = await putLink(await api.uploadLink(project, 'a.NEF'), bytes, headers);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.length, 0);
        assert.equal(answer.headers.etag, `"${bytesMd5(bytes).hex}"`);
        assert.deepEqual(await api.download(project, 'a.NEF'), bytes);
      });
    }

    it('with a content type is refused where the link signs an empty one [L4.3]', async () => {
      const project = await api.newProject(family);
      const isSigned = signsContentType(await api.uploadLink(project, 'a.NEF'));
      for (const type of ['image/x-nikon-nef', 'application/octet-stream', 'application/x-www-form-urlencoded']) {
        const answer = await putLink(await api.uploadLink(project, 'a.NEF'), bytes, { 'Content-Type': type });
        assert.equal(answer.status, isSigned ? 403 : 200);
        if (isSigned) assert.equal(s3Code(answer.text), 'SignatureDoesNotMatch');
      }
      assert.equal((await api.file(project, 'a.NEF')).status, isSigned ? 'pending' : 'uploaded');
    });
  });
}

describe('the PUT', () => {
  it('has its content type signed just where storage takes an absent one as empty [L4.8]', async () => {
    const link = await api.uploadLink(await api.newProject(), 'a.NEF');
    assert.equal(signsContentType(link), await takesAbsentTypeAsEmpty(target));
  });

  it('runs any number of times in parallel [L4.4]', async () => {
    const project = await api.newProject();
    const names = Array.from({ length: 100 }, (_, index) => `DSC_${index}.NEF`);
    const links = await api.uploadLinks(
      project,
      names.map((name) => ({ file_name: name })),
    );
    const content = (name: string) => photoBytes({ seed: name, size: 20_000 });
    const answers = await Promise.all(links.map((link) => putLink(link.upload_link, content(link.file_name))));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    for (const name of names.slice(0, 10)) assert.deepEqual(await api.download(project, name), content(name));
    assert.ok((await api.files(project)).every(({ status }) => status === 'uploaded'));
  });

  it('takes any size from nothing up [L4.7]', async () => {
    const project = await api.newProject();
    for (const size of [0, 1, 65_535, 65_536, 65_537, 20_000_000]) {
      const content = photoBytes({ seed: size, size });
      await api.upload(project, 'a.NEF', content);
      const { size: stored, status } = await api.file(project, 'a.NEF');
      assert.deepEqual({ stored, status }, { stored: size, status: 'uploaded' });
      assert.ok((await api.download(project, 'a.NEF')).equals(content), `${size} bytes`);
    }
  });

  it('replaces what was there [L4.7]', async () => {
    const project = await api.newProject();
    const url = await api.uploadLink(project, 'a.NEF');
    for (const content of ['first and longer', 'second']) {
      assert.equal((await putLink(url, Buffer.from(content))).status, 200);
      assert.equal((await api.download(project, 'a.NEF')).toString(), content);
    }
  });

  it('is all that a link allows [L4.5]', async () => {
    const project = await api.newProject();
    await api.upload(project, 'a.NEF', bytes);
    const link = await api.uploadLink(project, 'a.NEF');
    for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) {
      const { status } = await request({ url: link, method, headers: { 'Content-Type': '' } });
      assert.ok(status === 403 || status === 405, `${method}: ${status}`);
    }
    const changed = (change: (url: URL) => void) => {
      const url = new URL(link);
      change(url);
      return url.toString();
    };
    const tampered = [
      changed((url) => {
        url.pathname = url.pathname.replace(/a\.NEF$/, 'b.NEF');
      }),
      changed((url) => url.searchParams.set('X-Amz-Expires', '604800')),
      changed((url) => url.searchParams.append('versionId', '1')),
      changed((url) => url.searchParams.append('partNumber', '1')),
      changed((url) => url.searchParams.append('x-amz-acl', 'public-read')),
      changed((url) => url.searchParams.delete('X-Amz-Signature')),
      changed((url) => url.searchParams.set('X-Amz-Signature', 'f'.repeat(64))),
      changed((url) => url.searchParams.set('X-Amz-Date', '20990101T000000Z')),
    ];
    for (const url of tampered) {
      const { status } = await putLink(url, Buffer.from('evil'));
      assert.ok(status === 403 || status === 400, `${status} for ${new URL(url).pathname}`);
    }
    assert.ok((await api.download(project, 'a.NEF')).equals(bytes), 'untouched');
  });

  it('with a Content-MD5 that fits succeeds, and with one that does not keeps the old file [L4.6, L7.5]', async () => {
    const project = await api.newProject();
    const md5 = bytesMd5(bytes).base64;
    const put = (headers: Record<string, string>, content: Buffer) =>
      api.uploadLink(project, 'a.NEF', md5).then((url) => putLink(url, content, headers));
    const before = await put({ 'Content-Type': '', 'Content-MD5': md5 }, Buffer.from('damaged'));
    assert.equal(before.status, 400);
    assert.equal(s3Code(before.text), 'BadDigest');
    assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
    assert.equal((await put({ 'Content-Type': '', 'Content-MD5': md5 }, bytes)).status, 200);
    assert.equal(s3Code((await put({ 'Content-MD5': md5 }, Buffer.from('damaged'))).text), 'BadDigest');
    assert.match(s3Code((await put({ 'Content-MD5': 'nonsense' }, bytes)).text) ?? '', /^(Invalid|Bad)Digest$/);
    assert.ok((await api.download(project, 'a.NEF')).equals(bytes));
  });
});
