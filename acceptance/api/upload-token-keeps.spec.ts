import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { photoBytes, type RawResponse } from '@darkslide/testkit';
import { type Api, data, type Link, putLink, refusal } from '../support/api.ts';
import { abort, complete, putParts, settled, start } from '../support/multipart.ts';
import { useTarget } from '../support/target.ts';
import { mintToken } from '../support/upload-tokens.ts';

const { api } = await useTarget();

const theirs = Buffer.from('the photo that arrived');
const mine = Buffer.from('what a token sends');
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');

const put = ({ upload_link, headers }: Link, body: Uint8Array) =>
  putLink(upload_link, body, { 'Content-Type': '', ...headers });

async function projectWithTokens() {
  const project = await api.newProject();
  return { project, one: (await mintToken(api, project)).api, two: (await mintToken(api, project)).api };
}

async function linkFor(caller: Api, project: string, file_name: string): Promise<Link> {
  const [link] = await caller.uploadLinks(project, [{ file_name }]);
  assert.ok(link);
  return link;
}

/** An upload whose parts are all there. */
async function readyUpload(caller: Api, project: string, file_name: string, bytes: Uint8Array) {
  const upload = await start(caller, project, { file_name, part_count: 1 });
  await putParts(upload, { 1: bytes });
  return upload;
}

const assertHeld = async (project: string, name: string, bytes: Uint8Array) =>
  assert.ok((await api.download(project, name)).equals(bytes), `${name} is as it arrived`);

describe("an upload token's link", () => {
  it('is told with the headers that it needs, and works with them alone [L13.18]', async () => {
    const { project, one } = await projectWithTokens();
    const link = await linkFor(one, project, 'a.NEF');
    assert.deepEqual(link.headers, { 'if-none-match': '*' });
    const wrong: Record<string, string>[] = [
      {},
      { 'If-None-Match': '"0"' },
      { 'If-Match': '*' },
      { 'If-None-Match': '' },
    ];
    for (const headers of wrong) {
      assert.equal((await putLink(link.upload_link, mine, { 'Content-Type': '', ...headers })).status, 403);
    }
    assert.equal((await api.files(project))[0]?.status, 'pending', 'nothing of it was kept');
    const single = data<Link>(await one.get(`${project}/get_upload_link?file_name=b.NEF`));
    assert.deepEqual(single.headers, link.headers);
    assert.equal((await put(single, mine)).status, 200);
    assert.ok(!('headers' in (await linkFor(api, project, 'c.NEF'))), 'links of API keys need none');
    await api.upload(project, 'c.NEF', theirs);
    await api.upload(project, 'c.NEF', mine);
  });
});

describe('a file that has arrived', () => {
  it('is not replaced by PUT, however early the token asked [L13.14, L13.18]', async () => {
    const { project, one, two } = await projectWithTokens();
    const names = { ofKey: 'key.NEF', ofToken: 'token.NEF', own: 'own.NEF', inParts: 'parts.NEF' };
    const links = new Map<string, Link>();
    for (const name of Object.values(names)) links.set(name, await linkFor(one, project, name));
    await api.upload(project, names.ofKey, theirs);
    await two.upload(project, names.ofToken, theirs);
    await one.upload(project, names.own, theirs);
    data(await complete(two, await readyUpload(two, project, names.inParts, theirs)));
    for (const [name, link] of links) {
      for (const each of [link, await linkFor(one, project, name)]) {
        const answer = await put(each, mine);
        assert.equal(answer.status, 412, answer.text);
      }
      await assertHeld(project, name, theirs);
    }
  });

  it('is not replaced by complete, however early the token began [L13.14, E.file_exists]', async () => {
    const { project, one, two } = await projectWithTokens();
    const ofKey = await readyUpload(one, project, 'key.NEF', mine);
    const ofToken = await readyUpload(one, project, 'token.NEF', mine);
    const own = await readyUpload(one, project, 'own.NEF', mine);
    await api.upload(project, 'key.NEF', theirs);
    data(await complete(two, await readyUpload(two, project, 'token.NEF', theirs)));
    await one.upload(project, 'own.NEF', theirs);
    for (const upload of [ofKey, ofToken, own]) {
      for (const attempt of ['once', 'again']) {
        const { message } = refusal(await complete(one, upload), { status: 409, code: 'file_exists' });
        assert.ok(message.includes(`"${upload.fileName}"`), `${attempt}: ${message}`);
      }
      await assertHeld(project, upload.fileName, theirs);
      assert.equal((await abort(one, upload)).status, 204);
    }
  });

  it('is replaced by an API key, as ever [L13.14, L5.20]', async () => {
    const { project, one } = await projectWithTokens();
    await one.upload(project, 'a.NEF', theirs);
    await api.upload(project, 'a.NEF', mine);
    await assertHeld(project, 'a.NEF', mine);
    data(await complete(api, await readyUpload(api, project, 'a.NEF', theirs)));
    await assertHeld(project, 'a.NEF', theirs);
  });

  it('is that of the one token that was told so, of many at the same time [L13.14]', async () => {
    const { project, one, two } = await projectWithTokens();
    for (let round = 0; round < 8; round += 1) {
      const name = `${round}.NEF`;
      const bodies = [0, 1, 2, 3].map((index) => photoBytes({ seed: `${round} ${index}`, size: 20_000 }));
      const callers = [one, two, (await mintToken(api, project)).api, (await mintToken(api, project)).api];
      const byComplete = round % 2 === 1;
      const sends: (() => Promise<RawResponse>)[] = [];
      for (const [index, caller] of callers.entries()) {
        const bytes = bodies[index] as Uint8Array;
        if (byComplete) {
          const upload = await readyUpload(caller, project, name, bytes);
          sends.push(() => settled(() => complete(caller, upload)));
        } else {
          const link = await linkFor(caller, project, name);
          sends.push(() => put(link, bytes));
        }
      }
      const answers = await Promise.all(sends.map((send) => send()));
      const told = answers.map(({ status }) => status);
      const winner = told.indexOf(200);
      // Storage may tell one that another is at it just now.
      const refused = byComplete ? [409] : [412, 409];
      for (const [index, status] of told.entries()) {
        assert.ok(index === winner ? status === 200 : refused.includes(status), `round ${round}: ${told}`);
      }
      await assertHeld(project, name, bodies[winner] as Uint8Array);
    }
  });
});

describe('an upload token', () => {
  it('sees the names that it asked for, and of files that may be of others only that they are there [L13.19, L13.2]', async () => {
    const { project, one, two } = await projectWithTokens();
    await api.upload(project, 'key.NEF', theirs);
    await two.upload(project, 'two.NEF', theirs);
    assert.deepEqual(await one.files(project), []);
    await one.upload(project, 'mine.NEF', mine);
    for (const name of ['later.NEF', 'both.NEF', 'pending.NEF']) await linkFor(one, project, name);
    await api.upload(project, 'later.NEF', theirs);
    await two.upload(project, 'both.NEF', theirs);
    const seen = new Map((await one.files(project)).map((file) => [file.file_name, file]));
    assert.deepEqual([...seen.keys()], ['both.NEF', 'later.NEF', 'mine.NEF', 'pending.NEF']);
    assert.equal(seen.get('mine.NEF')?.size, mine.length);
    assert.equal(seen.get('pending.NEF')?.status, 'pending');
    for (const name of ['both.NEF', 'later.NEF']) {
      const { file_name, status, ...rest } = seen.get(name) ?? assert.fail(name);
      assert.deepEqual([file_name, status], [name, 'uploaded']);
      assert.deepEqual(rest, { size: null, etag: null, uploaded_at: null, md5_matches: null });
    }
    const listed = await api.files(project);
    assert.ok(listed.length === 6 && listed.every(({ status, size }) => status === 'pending' || size !== null));
  });

  it('sees its names page by page [L13.19, L6.2]', async () => {
    const { project, one } = await projectWithTokens();
    const names = ['a.NEF', 'c.NEF', 'e.NEF', 'g.NEF', 'i.NEF'];
    for (const name of names) await one.upload(project, name, mine);
    for (const name of ['b.NEF', 'd.NEF', 'f.NEF', 'h.NEF']) await api.upload(project, name, theirs);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { files: { file_name: string; status: string }[]; next_cursor: string | null } = data(
        await one.get(`${project}/files?limit=2${query}`),
      );
      for (const { file_name, status } of page.files) {
        assert.equal(status, 'uploaded');
        seen.push(file_name);
      }
      cursor = page.next_cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, names);
  });

  it('changes no MD5 that another declared, and binds no other by its own [L13.20, L6.4]', async () => {
    const { project, one, two } = await projectWithTokens();
    const declare = (caller: Api, file_name: string, bytes?: Uint8Array) =>
      caller.uploadLinks(project, [{ file_name, md5: bytes ? md5(bytes) : null }]);
    await declare(api, 'key.NEF', theirs);
    await declare(one, 'key.NEF', mine);
    const upload = await start(one, project, { file_name: 'key.NEF', part_count: 1, md5: md5(mine) });
    await putParts(upload, { 1: mine });
    await api.upload(project, 'key.NEF', theirs);
    refusal(await complete(one, upload, { md5: md5(mine) }), { status: 409, code: 'file_exists' });
    assert.equal((await api.file(project, 'key.NEF')).md5_matches, true);

    await declare(two, 'two.NEF', theirs);
    await declare(one, 'two.NEF', mine);
    await two.upload(project, 'two.NEF', theirs);
    assert.equal((await api.file(project, 'two.NEF')).md5_matches, true);

    await declare(one, 'own.NEF', theirs);
    await declare(one, 'own.NEF', mine);
    await one.upload(project, 'own.NEF', mine);
    assert.equal((await one.files(project)).find(({ file_name }) => file_name === 'own.NEF')?.md5_matches, true);

    await declare(one, 'late.NEF', mine);
    await api.upload(project, 'late.NEF', theirs);
    assert.equal((await api.file(project, 'late.NEF')).md5_matches, null, 'the key declared none');
  });
});
