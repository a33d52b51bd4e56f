import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Darkslide } from '@darkslide/testkit';
import {
  Api,
  data,
  FAMILIES,
  type FamilyPath,
  PROFILE,
  putLink,
  refusal,
  SMART_EDITING,
  uniqueName,
} from '../support/api.ts';
import { familyCalls, makeFixture, projectCalls } from '../support/fixture.ts';
import { abort, complete, putParts, start } from '../support/multipart.ts';
import { useTarget } from '../support/target.ts';
import { type ListedToken, listTokens, type MintBody, mintToken } from '../support/upload-tokens.ts';

const { api, other, target } = await useTarget();

/** Loud in its logs, strict about rates, its database a file: for what a shared server can't be asked. */
const own = await Darkslide.start({ env: { DARKSLIDE_LOG_LEVEL: 'debug', DARKSLIDE_RATE_LIMIT: '200' } });
after(() => own.remove());

const bytes = Buffer.from('a small photo');
const DAY_AND_MORE = 604_800;
const askFor = (caller: Api, project: string, ...names: string[]) =>
  caller.post(`${project}/get_temporary_upload_links`, { files_list: names.map((file_name) => ({ file_name })) });

for (const family of FAMILIES) {
  describe(`an upload token under ${family}`, () => {
    it('uploads into its project, and nothing else [L13.1, L13.2, E.api_key_required]', async () => {
      const fixture = await makeFixture(api, family);
      const { project, uuid, name } = fixture;
      const token = await mintToken(api, project);
      assert.match(token.token, /^dst_[\w-]{43}$/);
      await token.api.upload(project, 'small.NEF', bytes);
      const upload = await start(token.api, project, { file_name: 'parts.NEF', part_count: 1 });
      await putParts(upload, { 1: bytes });
      const files = await token.api.files(project);
      assert.ok(files.some((file) => file.file_name === 'small.NEF' && file.status === 'uploaded'));

      const allowed = new Set(['upload links', 'upload link', 'start multipart', 'list uploads', 'list files']);
      const ofUpload = new Set(['get upload', 'part links', 'complete', 'abort']);
      const mine = { ...upload, fileName: 'parts.NEF' };
      const spare = await start(token.api, project, { file_name: 'spare.NEF', part_count: 1 });
      const calls = projectCalls({ ...fixture, fileName: 'small.NEF', open: mine, spare, uuid, name });
      for (const { route, method, path, body } of [...familyCalls(family), ...calls]) {
        const answer = await token.api.call(method, path, body && { body });
        if (allowed.has(route) || ofUpload.has(route)) assert.ok(answer.status < 300, `${route}: ${answer.text}`);
        else refusal(answer, { status: 403, code: 'api_key_required' });
      }
      assert.equal((await api.file(project, 'parts.NEF')).status, 'uploaded');
    });

    it('knows no other project [L13.3, L1.8]', async () => {
      const [mine, sibling] = [await api.newProject(family), await makeFixture(api, family)];
      const theirs = await makeFixture(other, family);
      const elsewhere: FamilyPath = family === PROFILE ? SMART_EDITING : PROFILE;
      const token = await mintToken(api, mine);
      const foreign = [...projectCalls(sibling), ...projectCalls(theirs)];
      const asIfElsewhere = { ...sibling, project: mine.replace(family, elsewhere), family: elsewhere };
      for (const { route, method, path, body } of [...foreign, ...projectCalls(asIfElsewhere)]) {
        const answer = await token.api.call(method, path, body && { body });
        const code = answer.status === 403 ? 'api_key_required' : 'project_not_found';
        refusal(answer, { status: code === 'api_key_required' ? 403 : 404, code });
        if (code === 'api_key_required') {
          assert.match(route, /^(get project|uuid by name|get file|delete file|(mint|list|revoke) tokens?)$/);
        }
      }
    });
  });
}

describe('minting', () => {
  it('answers the limits as they are, and is for admin keys [L13.1]', async () => {
    const project = await api.newProject();
    const { api: _, token, token_id, expires_at, ...limits } = await mintToken(api, project);
    assert.deepEqual(limits, { allowed_names: null, max_bytes: null, max_files: null, title: null });
    assert.match(token_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const life = Date.parse(expires_at) - Date.now();
    assert.ok(Math.abs(life - 3_600_000) < 60_000, `${life} ms`);
    assert.equal((await api.post(`${project}/upload_tokens`)).status, 200, 'without a body');
    const nulls = await mintToken(api, project, { ...limits });
    assert.equal(nulls.max_files, null);
    const full = { allowed_names: ['a*.NEF'], max_bytes: Number.MAX_SAFE_INTEGER, max_files: 1_000_000 };
    const { allowed_names, max_bytes, max_files } = await mintToken(api, project, full);
    assert.deepEqual({ allowed_names, max_bytes, max_files }, full);
    refusal(await other.post(`${project}/upload_tokens`), { status: 404, code: 'project_not_found' });
  });

  it('refuses limits that are not valid [L13.1, L13.4, L13.8, L13.9, L13.10, E.invalid_request]', async () => {
    const project = await api.newProject();
    const wrong: object[] = [0, -1, 1.5, '60', DAY_AND_MORE + 1, null].map((expires_in) => ({ expires_in }));
    for (const value of [0, -1, 1.5, '10', true, 2 ** 53, [], {}]) wrong.push({ max_bytes: value });
    for (const value of [0, -1, 1.5, '10', true, 1_000_001, [], {}]) wrong.push({ max_files: value });
    for (const value of [[], 'a.NEF', [1], [null], Array(1001).fill('a'), {}]) wrong.push({ allowed_names: value });
    for (const body of wrong) {
      refusal(await api.post(`${project}/upload_tokens`, body), { status: 400, code: 'invalid_request' });
    }
    for (const name of ['', 'a/b', '..', 'a\u0000', ' a', '*/*', 'x'.repeat(256)]) {
      refusal(await api.post(`${project}/upload_tokens`, { allowed_names: ['ok', name] }), {
        status: 400,
        code: 'invalid_file_name',
      });
    }
    assert.deepEqual(await listTokens(api, project), []);
    for (const expires_in of [1, DAY_AND_MORE]) await mintToken(api, project, { expires_in });
    await mintToken(api, project, { allowed_names: Array(1000).fill('a'), max_bytes: 1, max_files: 1 });
  });
});

describe('an upload token', () => {
  it('has a title of one line [L13.22]', async () => {
    const project = await api.newProject();
    for (const title of ['', 'x'.repeat(256), 'two\nlines', 'a\u202Eb', 'a\u2028b', 7]) {
      const answer = await api.post(`${project}/upload_tokens`, { title });
      refusal(answer, { status: 400, code: 'invalid_request' });
    }
    assert.deepEqual(await listTokens(api, project), []);
    for (const title of ['x', 'x'.repeat(255)]) await mintToken(api, project, { title });
    assert.deepEqual(
      (await listTokens(api, project)).map((token) => token.title),
      ['x', 'x'.repeat(255)],
    );
  });

  it('learns what it is for, and how much of it is taken [L13.21, L13.6, E.upload_token_required]', async () => {
    for (const family of FAMILIES) {
      const name = uniqueName('Für ihn');
      const created = data<{ project_uuid: string }>(await api.post(`${family}/`, { name }));
      const project = `${family}/${created.project_uuid}`;
      const limits = { allowed_names: ['*.NEF'], max_bytes: 1000, max_files: 5 };
      const title = family === SMART_EDITING ? '📷 Smith – «gelin» 結婚' : null;
      const token = await mintToken(api, project, { ...limits, title });
      assert.equal(token.title, title);
      const own = {
        ...{ token_id: token.token_id, expires_at: token.expires_at, ...limits, title, studio_name: null },
        ...{ project_uuid: created.project_uuid, project_name: name.normalize('NFC') },
        flow: family === SMART_EDITING ? 'smart-editing' : 'profile',
      };
      assert.deepEqual(data(await token.api.get('/v1/upload_token')), { ...own, files: 0, bytes: 0 });
      data(
        await token.api.post(`${project}/get_temporary_upload_links`, {
          files_list: [{ file_name: 'a.NEF', size: 300 }],
        }),
      );
      assert.deepEqual(data(await token.api.get('/v1/upload_token/')), { ...own, files: 1, bytes: 300 });
      await api.delete(`${project}/upload_tokens/${token.token_id}`);
      refusal(await token.api.get('/v1/upload_token'), { status: 401, code: 'invalid_api_key' });
    }
    const unlimited = await mintToken(api, await api.newProject());
    assert.equal(data<{ bytes: number | null }>(await unlimited.api.get('/v1/upload_token')).bytes, null);
    refusal(await api.get('/v1/upload_token'), { status: 403, code: 'upload_token_required' });
    refusal(await api.post('/v1/upload_token'), { status: 405, code: 'method_not_allowed' });
  });

  it('ends when its time is over, and its links with it [L13.4, E.upload_token_expired]', async () => {
    const project = await api.newProject();
    const token = await mintToken(api, project, { expires_in: 2 });
    const answer = await askFor(token.api, project, 'a.NEF');
    const [link] = data<{ files_list: { upload_link: string; expires_at: string }[] }>(answer).files_list;
    assert.ok(link && Date.parse(link.expires_at) <= Date.parse(token.expires_at), 'the link lives no longer');
    const until = Date.now() + 20_000;
    let refused = await token.api.get(`${project}/files`);
    while (refused.status === 200 && Date.now() < until) {
      await sleep(100);
      refused = await token.api.get(`${project}/files`);
    }
    const { message } = refusal(refused, { status: 401, code: 'upload_token_expired' });
    assert.ok(message.includes(token.expires_at), message);
    assert.ok(Date.now() >= Date.parse(token.expires_at), 'and not before');
    refusal(await askFor(token.api, project, 'b.NEF'), { status: 401, code: 'upload_token_expired' });
    // Until then storage says that the file is there.
    const again = () => putLink(link.upload_link, bytes, { 'Content-Type': '', 'If-None-Match': '*' });
    let put = await again();
    while (put.status !== 403 && Date.now() < until) {
      await sleep(100);
      put = await again();
    }
    assert.equal(put.status, 403);
    assert.deepEqual(await listTokens(api, project), []);
  });

  it('gives links that live as long as others, where it lives longer [L13.4]', async () => {
    const project = await api.newProject();
    const token = await mintToken(api, project, { expires_in: DAY_AND_MORE });
    const life = async (caller: Api) => {
      const [link] = await caller.uploadLinks(project, [{ file_name: 'a.NEF' }]);
      return new URL(link?.upload_link ?? '').searchParams.get('X-Amz-Expires');
    };
    assert.equal(await life(token.api), await life(api));
  });

  it('is listed while it works, without itself [L13.5, L13.17]', async () => {
    const project = await api.newProject();
    const limits = { max_files: 5, max_bytes: 100, allowed_names: ['*.NEF'] };
    const [one, two] = [await mintToken(api, project, limits), await mintToken(api, project)];
    const before = await listTokens(api, project);
    assert.deepEqual(
      before.map((token) => [token.token_id, token.files, token.bytes, token.last_used_at]),
      [
        [one.token_id, 0, 0, null],
        [two.token_id, 0, null, null],
      ],
    );
    await one.api.uploadLinks(project, [
      { file_name: 'a.NEF', size: 40 },
      { file_name: 'b.NEF', size: 2 },
    ]);
    const [used] = await listTokens(api, project);
    assert.deepEqual([used?.files, used?.bytes], [2, 42]);
    assert.ok(Date.parse(used?.last_used_at ?? '') >= Date.parse(used?.created_at ?? ''));
    const text = (await api.get(`${project}/upload_tokens`)).text;
    for (const { token } of [one, two]) assert.ok(!text.includes(token.slice(4)));
    assert.deepEqual(await listTokens(api, await api.newProject()), [], 'of its project alone');
  });

  it('is listed page by page [L13.5]', async () => {
    const project = await api.newProject();
    const minted = [];
    for (let count = 0; count < 5; count++) minted.push((await mintToken(api, project)).token_id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { upload_tokens: ListedToken[]; next_cursor: string | null } = data(
        await api.get(`${project}/upload_tokens?limit=2${query}`),
      );
      seen.push(...page.upload_tokens.map((token) => token.token_id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, minted);
  });

  it('ends when it is revoked, and no other does [L13.6, E.upload_token_not_found, E.invalid_api_key]', async () => {
    const [project, sibling] = [await api.newProject(), await api.newProject()];
    const [gone, stays] = [await mintToken(api, project), await mintToken(api, project)];
    const [link] = await gone.api.uploadLinks(project, [{ file_name: 'a.NEF' }]);
    const path = `${project}/upload_tokens/${gone.token_id}`;
    for (const wrong of [`${sibling}/upload_tokens/${gone.token_id}`, `${project}/upload_tokens/${sibling}`]) {
      refusal(await api.delete(wrong), { status: 404 });
    }
    for (const id of [sibling.split('/').at(-1), 'x', '%00', gone.token_id.toUpperCase().replace(/./, 'F')]) {
      refusal(await api.delete(`${project}/upload_tokens/${id}`), { status: 404, code: 'upload_token_not_found' });
    }
    refusal(await other.delete(path), { status: 404, code: 'project_not_found' });
    await gone.api.files(project);

    for (const attempt of ['once', 'again']) assert.equal((await api.delete(path)).status, 204, attempt);
    refusal(await gone.api.get(`${project}/files`), { status: 401, code: 'invalid_api_key' });
    refusal(await askFor(gone.api, project, 'b.NEF'), { status: 401, code: 'invalid_api_key' });
    const put = await putLink(link?.upload_link as string, bytes, { 'Content-Type': '', ...link?.headers });
    assert.equal(put.status, 200, 'a link that it gave before');
    await stays.api.files(project);
    assert.deepEqual(
      (await listTokens(api, project)).map((token) => token.token_id),
      [stays.token_id],
    );
  });

  it('is known whole and exactly, or not at all [L13.17, E.invalid_api_key]', async () => {
    const project = await api.newProject();
    const { token, token_id } = await mintToken(api, project);
    const last = token.at(-1) === 'A' ? 'B' : 'A';
    const wrong = [token.slice(0, -1), token.slice(0, -1) + last, `${token}A`, token.toLowerCase(), token.slice(4)];
    for (const apiKey of [...wrong, 'dst_', `dst_${token_id}`, token_id, `DST${token.slice(3)}`]) {
      const answer = await new Api({ apiUrl: target.apiUrl, apiKey }).get(`${project}/files`);
      refusal(answer, { status: 401, code: 'invalid_api_key' });
    }
  });

  it('knows only the multipart uploads that it started [L13.15, E.upload_not_found]', async () => {
    const project = await api.newProject();
    const [token, twin] = [await mintToken(api, project), await mintToken(api, project)];
    const mine = await start(token.api, project, { file_name: 'a.NEF', part_count: 1 });
    const foreign = [
      await start(api, project, { file_name: 'a.NEF', part_count: 1 }),
      await start(twin.api, project, { file_name: 'a.NEF', part_count: 1 }),
    ];
    for (const upload of foreign) {
      await putParts(upload, { 1: bytes });
      const answers = [
        await token.api.get(upload.path),
        await token.api.post(`${upload.path}/part_links`, { part_numbers: [1] }),
        await complete(token.api, upload),
        await abort(token.api, upload),
      ];
      for (const answer of answers) refusal(answer, { status: 404, code: 'upload_not_found' });
    }
    const listed = async (caller: Api) => {
      const { uploads } = data<{ uploads: { upload_id: string }[] }>(await caller.get(`${project}/multipart_uploads`));
      return uploads.map((upload) => upload.upload_id);
    };
    assert.deepEqual(await listed(token.api), [mine.upload_id]);
    assert.equal((await listed(api)).length, 3, 'an API key knows them all');
    const [ofKey, ofTwin] = foreign as [typeof mine, typeof mine];
    data(await complete(twin.api, ofTwin));
    data(await complete(api, ofKey));
  });

  it('has one open upload a name: the last that it started [L13.15]', async () => {
    const project = await api.newProject();
    const token = await mintToken(api, project);
    const body = { file_name: 'a.NEF', part_count: 1 };
    const foreign = await start(api, project, body);
    const uploads = await Promise.all(Array.from({ length: 4 }, () => start(token.api, project, body)));
    uploads.push(await start(token.api, project, { ...body, file_name: 'a.NEF'.normalize('NFD') }));
    const states = [];
    for (const upload of uploads) states.push(data<{ state: string }>(await token.api.get(upload.path)).state);
    assert.deepEqual(states.sort(), ['aborted', 'aborted', 'aborted', 'aborted', 'open']);
    const last = uploads.at(-1) as (typeof uploads)[0];
    for (const upload of [foreign, last]) {
      await putParts(upload, { 1: bytes });
      data(await complete(api, upload));
    }
  });
});

describe('upload tokens on a server of their own', () => {
  const ours = new Api(own);

  it('end with the key that made them [L13.7, L12.3]', async () => {
    const made = await own.command(['keys', 'create', '--account', 'first', '--json']);
    const { api_key: apiKey, key_id: keyId } = JSON.parse(made.stdout) as { api_key: string; key_id: string };
    const project = await ours.newProject();
    const [gone, stays] = [
      // Who mints is told by the key alone.
      await mintToken(new Api({ apiUrl: own.apiUrl, apiKey }), project, { keyId: 1, key_id: 1 } as MintBody),
      await mintToken(ours, project),
    ];
    await gone.api.files(project);
    assert.equal((await own.command(['keys', 'revoke', keyId])).code, 0);
    refusal(await gone.api.get(`${project}/files`), { status: 401, code: 'invalid_api_key' });
    await stays.api.files(project);
    assert.deepEqual(
      (await listTokens(ours, project)).map((token) => token.token_id),
      [stays.token_id],
    );
  });

  it('are neither in the log nor in the database [L13.17, L9.6]', async () => {
    const project = await ours.newProject();
    const token = await mintToken(ours, project, { max_files: 1 });
    await token.api.upload(project, 'a.NEF', bytes);
    refusal(await askFor(token.api, project, 'b.NEF'), { status: 403, code: 'upload_token_full' });
    refusal(await token.api.get(project), { status: 403 });
    await ours.delete(`${project}/upload_tokens/${token.token_id}`);
    refusal(await token.api.get(`${project}/files`), { status: 401 });
    await own.stop();
    await own.start();
    assert.ok(own.logs.includes('upload_tokens'), 'the log has the requests');
    const secret = token.token.slice(4);
    assert.ok(!own.logs.includes(secret), 'the log holds the token');
    const databases = globSync('*.db*', { cwd: own.dataDir }).map((file) => readFileSync(join(own.dataDir, file)));
    assert.ok(databases.some((database) => database.includes(token.token_id)));
    for (const database of databases) assert.ok(!database.includes(secret), 'a database holds the token');
  });

  it('have a rate limit each [L13.16, E.rate_limited]', async () => {
    const project = await ours.newProject();
    const [busy, calm] = [await mintToken(ours, project), await mintToken(ours, project)];
    const statuses: number[] = [];
    for (let count = 0; count < 210; count++) statuses.push((await busy.api.get(project)).status);
    // The minute may turn in between; then a few more pass.
    const limited = statuses.filter((status) => status === 429).length;
    assert.ok(limited > 0 && limited <= 10, `${limited} of ${statuses.length}`);
    await calm.api.files(project);
    await ours.files(project);
  });
});
