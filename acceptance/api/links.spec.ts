import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesMd5 } from '@darkslide/testkit';
import { Api, data, FAMILIES, type Link, mentions, PROFILE, putLink, refusal } from '../support/api.ts';
import { goodFileNames } from '../support/names.ts';
import { startServer, useTarget } from '../support/target.ts';

const { api } = await useTarget();

const bytes = Buffer.from('a small photo');
const numbered = (count: number) => Array.from({ length: count }, (_, index) => ({ file_name: `DSC_${index}.NEF` }));
const askFor = (project: string, body: object | string) =>
  api.call('POST', `${project}/get_temporary_upload_links`, { body });

for (const family of FAMILIES) {
  describe(`upload links under ${family}`, () => {
    it('come one a file, in the order asked, and take the bytes [L3.1, L4.1]', async () => {
      const project = await api.newProject(family);
      const names = ['DSC_0003.NEF', 'DSC_0001.NEF', 'DSC_0002.NEF'];
      const links = await api.uploadLinks(
        project,
        names.map((name) => ({ file_name: name })),
      );
      assert.deepEqual(
        links.map((link) => link.file_name),
        names,
      );
      assert.equal(new Set(links.map((link) => link.upload_link)).size, 3);
      for (const link of links) {
        assert.equal(new URL(link.upload_link).toString(), link.upload_link, 'an absolute URL in its normal form');
        assert.equal((await putLink(link.upload_link, bytes)).status, 200);
      }
    });

    it('come one at a time as well [L3.12]', async () => {
      const project = await api.newProject(family);
      for (const name of ['DSC_0001.NEF', 'ü 1+1=2&a#b%.NEF']) {
        const link = data<Link>(await api.get(`${project}/get_upload_link?file_name=${encodeURIComponent(name)}`));
        assert.equal(link.file_name, name);
        assert.equal((await putLink(link.upload_link, bytes)).status, 200);
        assert.equal((await api.file(project, name)).status, 'uploaded');
      }
      refusal(await api.get(`${project}/get_upload_link`), { status: 400, code: 'invalid_request' });
      const bad = await api.get(`${project}/get_upload_link?file_name=${encodeURIComponent('a/b')}`);
      refusal(bad, { status: 400, code: 'invalid_file_name' });
    });

    it('refuse a name that stands twice, to the letter [L3.3, L3.5, E.duplicate_file_name]', async () => {
      const project = await api.newProject(family);
      const names = ['DSC_0001.NEF', 'ok.NEF', 'DSC_0002.NEF', 'DSC_0001.NEF', 'DSC_0002.NEF', 'DSC_0001.NEF'];
      const answer = await askFor(project, { files_list: names.map((name) => ({ file_name: name })) });
      const error = refusal(answer, { status: 400, code: 'duplicate_file_name' });
      assert.equal(error.message, 'File "DSC_0001.NEF" appears 3 times.');
      assert.ok(mentions(error.details, 'DSC_0001.NEF') && mentions(error.details, 'DSC_0002.NEF'));
      assert.ok(!mentions(error.details, 'ok.NEF'));
      assert.deepEqual(await api.files(project), []);
    });

    it('are given again for a name that the project has, and both work [L3.6]', async () => {
      const project = await api.newProject(family);
      const first = await api.uploadLink(project, 'DSC_0001.NEF');
      assert.equal((await putLink(first, bytes)).status, 200);
      const second = await api.uploadLink(project, 'DSC_0001.NEF');
      assert.equal((await putLink(second, bytes)).status, 200);
      assert.equal((await api.files(project)).length, 1);
    });
  });
}

describe('a file name', () => {
  const refused: [name: string, why: string][] = [
    ['', 'empty'],
    ['.', 'folder'],
    ['..', 'folder'],
    ['a/b.NEF', 'separator'],
    ['/a.NEF', 'separator'],
    ['../a.NEF', 'separator'],
    ['a\\b.NEF', 'separator'],
    ['a\u0000b.NEF', 'control'],
    ['a\nb.NEF', 'control'],
    ['a\u001fb', 'control'],
    ['a\u007fb', 'control'],
    ['a\u0085b', 'control'],
    [' a.NEF', 'space'],
    ['a.NEF ', 'space'],
    [' ', 'space'],
    ['x'.repeat(256), 'long'],
    [`${'é'.repeat(127)}xx`, 'long'],
    ['📷'.repeat(64), 'long'],
  ];

  it('that breaks the rules is refused by name and reason, and records nothing [L3.5, L3.7, E.invalid_file_name]', async () => {
    const project = await api.newProject();
    for (const [name, why] of refused) {
      const answer = await askFor(project, { files_list: [{ file_name: 'good.NEF' }, { file_name: name }] });
      const { message } = refusal(answer, { status: 400, code: 'invalid_file_name' });
      assert.ok(message.includes(name), `${why}: ${JSON.stringify(message)}`);
    }
    assert.deepEqual(await api.files(project), []);
  });

  it('with a lone surrogate is refused [L3.7]', async () => {
    const project = await api.newProject();
    for (const escaped of ['\\ud800', 'a\\udc00.NEF', '\\ud83d.NEF', '\\udcf7\\ud83d']) {
      const answer = await askFor(project, `{"files_list": [{"file_name": "${escaped}"}]}`);
      refusal(answer, { status: 400, code: 'invalid_file_name' });
    }
    assert.deepEqual(await api.files(project), []);
  });

  it('may be anything else, and comes back to the byte [L3.2, L3.7]', async () => {
    const project = await api.newProject();
    const links = await api.uploadLinks(
      project,
      goodFileNames.map((name) => ({ file_name: name })),
    );
    assert.deepEqual(
      links.map((link) => link.file_name),
      goodFileNames,
    );
    assert.equal((await api.files(project)).length, goodFileNames.length);
  });

  it('is the same in NFC and in NFD [L3.2, L3.4]', async () => {
    const project = await api.newProject();
    const [nfc, nfd] = ['Café.NEF'.normalize('NFC'), 'Café.NEF'.normalize('NFD')];
    assert.notEqual(nfc, nfd);
    const error = refusal(await askFor(project, { files_list: [{ file_name: nfc }, { file_name: nfd }] }), {
      status: 400,
      code: 'duplicate_file_name',
    });
    assert.equal(error.message.normalize('NFC'), `File "${nfc}" appears 2 times.`);
    assert.deepEqual(await api.files(project), []);

    const [link] = await api.uploadLinks(project, [{ file_name: nfd }]);
    assert.equal(link?.file_name, nfd, 'the client finds its link by the name that it sent');
    assert.equal((await putLink(link.upload_link, bytes)).status, 200);
    await api.upload(project, nfc, bytes);
    assert.equal((await api.files(project)).length, 1);
    for (const name of [nfc, nfd]) assert.equal((await api.file(project, name)).status, 'uploaded');
  });

  it('is measured after NFC [L3.4, L3.7]', async () => {
    const project = await api.newProject();
    const name = 'é'.repeat(127).normalize('NFD');
    assert.equal(Buffer.byteLength(name), 381);
    await api.upload(project, name, bytes);
    assert.equal((await api.file(project, name)).status, 'uploaded');
  });
});

describe('files_list', () => {
  it('that is empty, missing or no list is refused [L3.8, E.invalid_request]', async () => {
    const project = await api.newProject();
    const bodies = [
      '{}',
      '{"files_list": []}',
      '{"files_list": null}',
      '{"files_list": {}}',
      '{"files_list": "a.NEF"}',
    ];
    for (const body of bodies) refusal(await askFor(project, body), { status: 400, code: 'invalid_request' });
    refusal(await api.post(`${project}/get_temporary_upload_links`), { status: 400, code: 'invalid_request' });
  });

  it('may hold 10,000 names and no more [L3.5, L3.8]', async () => {
    const project = await api.newProject();
    refusal(await askFor(project, { files_list: numbered(10_001) }), { status: 400, code: 'invalid_request' });
    assert.deepEqual(await api.files(project), []);
    const links = await api.uploadLinks(project, numbered(10_000));
    assert.equal(links.length, 10_000);
    assert.equal((await putLink(links.at(-1)?.upload_link as string, bytes)).status, 200);
    assert.equal((await api.files(project)).length, 10_000);
  });
});

describe('a declared md5', () => {
  const md5 = bytesMd5(bytes);

  it('that is not base64 of 16 bytes is refused, naming the file [L3.5, L3.9, E.invalid_md5]', async () => {
    const project = await api.newProject();
    const bad = [md5.hex, '', 'x', md5.base64.slice(0, -1), `${md5.base64}=`, `${md5.base64} `, 'A'.repeat(24)];
    bad.push(Buffer.alloc(15).toString('base64'), Buffer.alloc(17).toString('base64'), md5.base64.replace('=', '-'));
    for (const value of bad) {
      const answer = await askFor(project, {
        files_list: [{ file_name: 'ok.NEF' }, { file_name: 'bad.NEF', md5: value }],
      });
      assert.ok(refusal(answer, { status: 400, code: 'invalid_md5' }).message.includes('bad.NEF'), value);
    }
    for (const value of [5, {}, [md5.base64]]) {
      const answer = await askFor(project, { files_list: [{ file_name: 'bad.NEF', md5: value }] });
      assert.match(refusal(answer, { status: 400 }).code, /^invalid_(md5|request)$/);
    }
    assert.deepEqual(await api.files(project), []);
  });

  it('may be absent or null, and is not signed into the link [L3.9, L3.10]', async () => {
    const project = await api.newProject();
    const links = await api.uploadLinks(project, [
      { file_name: 'a.NEF', md5: md5.base64 },
      { file_name: 'b.NEF', md5: null },
      { file_name: 'c.NEF' },
    ]);
    for (const { upload_link: url } of links) {
      assert.ok(!/content-md5/i.test(url));
      assert.equal((await putLink(url, bytes)).status, 200);
    }
  });

  it('is taken by the single link as well [L3.9, L3.12]', async () => {
    const project = await api.newProject();
    const link = `${project}/get_upload_link?file_name=a.NEF&md5=`;
    refusal(await api.get(`${link}nonsense`), { status: 400, code: 'invalid_md5' });
    data(await api.get(link + encodeURIComponent(md5.base64)));
  });
});

describe("a link's life", () => {
  it('is told with it [L3.11]', async () => {
    const project = await api.newProject();
    const [link] = await api.uploadLinks(project, [{ file_name: 'a.NEF' }]);
    const single = data<Link>(await api.get(`${project}/get_upload_link?file_name=a.NEF`));
    for (const each of [link, single]) {
      const query = new URL(each?.upload_link as string).searchParams;
      const [, year, month, day, hour, minute, second] =
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '') ?? [];
      const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      const expiresAt = signedAt + Number(query.get('X-Amz-Expires')) * 1000;
      const told = Date.parse(each?.expires_at ?? '');
      assert.ok(told <= expiresAt && told > expiresAt - 2000, `${told} for ${expiresAt}`);
    }
  });

  it('ends after the configured time [L3.13, L8.9]', async () => {
    const server = await startServer({ env: { DARKSLIDE_LINK_TTL: '2' } });
    try {
      const own = new Api(server);
      const project = await own.newProject(PROFILE);
      const [link] = await own.uploadLinks(project, [{ file_name: 'a.NEF' }]);
      const url = link?.upload_link as string;
      assert.equal((await putLink(url, bytes)).status, 200);
      // S3 counts whole seconds; the link is asked again until it has expired, within a bound.
      const deadline = Date.now() + 10_000;
      let answer = await putLink(url, Buffer.from('late'));
      while (answer.status === 200 && Date.now() < deadline) answer = await putLink(url, Buffer.from('late'));
      assert.equal(answer.status, 403);
      assert.match(answer.text, /<Code>AccessDenied<\/Code>/);
      assert.ok(Date.now() >= Date.parse(link?.expires_at ?? '') - 1000, 'not before the time that was told');
      assert.equal((await putLink(await own.uploadLink(project, 'a.NEF'), bytes)).status, 200);
      assert.deepEqual(await own.download(project, 'a.NEF'), bytes);
    } finally {
      await server.remove();
    }
  });
});
