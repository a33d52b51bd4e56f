import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { type RawResponse, request } from '@darkslide/testkit';
import { Api, data, FAMILIES, PROFILE, refusal, uniqueName } from '../support/api.ts';
import { familyCalls, makeFixture, projectCalls, withTrailingSlash } from '../support/fixture.ts';
import { useTarget } from '../support/target.ts';

const { api, other, target } = await useTarget();

/** The names and types in an answer, without the values that differ from call to call. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shape(each)]));
}

const shapeOf = (answer: RawResponse) => (answer.status === 204 ? answer.text : shape(answer.json()));

for (const family of FAMILIES) {
  describe(`routes of ${family}`, () => {
    it('answer in one envelope, the same with and without a trailing slash [L1.1, L1.3, L2.1, L5.19]', async () => {
      const plain = await makeFixture(api, family);
      const slashed = await makeFixture(api, family);
      const slashedCalls = [...familyCalls(family), ...projectCalls(slashed)];
      for (const [index, call] of [...familyCalls(family), ...projectCalls(plain)].entries()) {
        const twin = slashedCalls[index] as typeof call;
        const without = await api.call(call.method, call.path, call);
        const withSlash = await api.call(twin.method, withTrailingSlash(twin.path), twin);
        assert.ok(without.status < 300, `${call.route}: ${without.status} ${without.text}`);
        assert.equal(withSlash.status, without.status, `${call.route}: ${withSlash.text}`);
        assert.deepEqual(shapeOf(withSlash), shapeOf(without), call.route);
        if (without.status !== 204) data(without);
      }
    });

    it('ask for an API key [L1.2, E.missing_api_key, E.invalid_api_key]', async () => {
      const fixture = await makeFixture(api, family);
      const key = target.accounts.first.apiKey;
      const nearMiss = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
      const missing = new Api({ apiUrl: target.apiUrl });
      for (const { method, path, body } of [...familyCalls(family), ...projectCalls(fixture)]) {
        const options = body && { body };
        refusal(await missing.call(method, path, options), { status: 401, code: 'missing_api_key' });
        // One a route: an address may send 100 wrong keys a minute.
        refusal(await new Api({ apiUrl: target.apiUrl, apiKey: nearMiss }).call(method, path, options), {
          status: 401,
          code: 'invalid_api_key',
        });
      }
      for (const apiKey of ['', 'nonsense', `${key} `.repeat(2), 'é'.repeat(20)]) {
        const wrong = new Api({ apiUrl: target.apiUrl, apiKey: Buffer.from(apiKey).toString('latin1') });
        const error = refusal(await wrong.get(family), { status: 401 });
        assert.match(error.code, /^(missing|invalid)_api_key$/, apiKey);
      }
    });

    it("treat another account's project as one that does not exist [L1.8, E.project_not_found]", async () => {
      const fixture = await makeFixture(api, family);
      const absent = { ...fixture, uuid: randomUUID(), name: uniqueName('Absent') };
      absent.project = `${family}/${absent.uuid}`;
      const absentCalls = projectCalls(absent);
      for (const [index, call] of projectCalls(fixture).entries()) {
        const twin = absentCalls[index] as typeof call;
        const foreign = await other.call(call.method, call.path, call);
        const nothing = await other.call(twin.method, twin.path, twin);
        const error = refusal(foreign, { status: 404, code: 'project_not_found' });
        const expected = refusal(nothing, { status: 404, code: 'project_not_found' });
        const generalised = (message: string, { uuid, name }: { uuid: string; name: string }) =>
          message.replaceAll(uuid, 'UUID').replaceAll(name, 'NAME');
        assert.equal(generalised(error.message, fixture), generalised(expected.message, absent), call.route);
        assert.deepEqual(error.details, expected.details, call.route);
      }
    });
  });
}

describe('a refusal', () => {
  it('carries an id of its own for every request [L1.4]', async () => {
    const ids = new Set<string>();
    for (let count = 0; count < 10; count++) {
      ids.add(refusal(await api.get(`${PROFILE}/${randomUUID()}`), { status: 404 }).request_id);
    }
    assert.equal(ids.size, 10);
  });
});

describe('a request body', () => {
  it('may be missing where every field is optional [L1.5, L2.4]', async () => {
    const types: Record<string, string>[] = [{}, { 'Content-Type': '' }, { 'Content-Type': 'application/json' }];
    for (const headers of types) {
      const answer = await api.call('POST', PROFILE, { headers });
      assert.match(data<{ project_uuid: string }>(answer).project_uuid, /^[0-9a-f-]{36}$/);
    }
  });

  it('is read as JSON with an empty, an absent or a decorated content type [L1.6]', async () => {
    const json = 'application/json; charset=utf-8';
    const types: Record<string, string>[] = [{}, { 'Content-Type': '' }, { 'Content-Type': json }];
    for (const headers of types) {
      const name = uniqueName('Typeless');
      const created = await api.call('POST', PROFILE, { headers, body: JSON.stringify({ name }) });
      const { project_uuid: uuid } = data<{ project_uuid: string }>(created);
      assert.equal(data<{ name: string }>(await api.get(`${PROFILE}/${uuid}`)).name, name);
    }
  });

  it('may hold fields that the server does not know [L1.7]', async () => {
    const created = await api.post(PROFILE, { name: uniqueName(), client_type: 'desktop', x: { y: [1] } });
    const { project_uuid: uuid } = data<{ project_uuid: string }>(created);
    const answer = await api.post(`${PROFILE}/${uuid}/get_temporary_upload_links`, {
      client_type: 'desktop',
      files_list: [{ file_name: 'a.NEF', client_type: 'desktop', weight: 'huge' }],
    });
    assert.equal(data<{ files_list: unknown[] }>(answer).files_list.length, 1);
  });

  it('that is not JSON is refused [L1.9, E.invalid_json]', async () => {
    for (const body of ['{', "{'name': 1}", 'name=Smith', '{"name": "a"}}', '\u0000', '['.repeat(60_000)]) {
      refusal(await api.call('POST', PROFILE, { body }), { status: 400, code: 'invalid_json' });
    }
    const brokenUtf8 = Buffer.concat([Buffer.from('{"name": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    refusal(await api.call('POST', PROFILE, { body: brokenUtf8 }), { status: 400 });
  });

  it('of the wrong type is refused [L1.9, E.invalid_request]', async () => {
    const project = await api.newProject();
    const cases: [path: string, body: string][] = [
      [PROFILE, '[]'],
      [PROFILE, '"Smith"'],
      [PROFILE, '42'],
      [PROFILE, '{"name": 5}'],
      [PROFILE, '{"name": {"a": 1}}'],
      [PROFILE, '{"name": ["a"]}'],
      [`${project}/get_temporary_upload_links`, '{"files_list": [{"file_name": 5}]}'],
      [`${project}/get_temporary_upload_links`, '{"files_list": ["a.NEF"]}'],
      [`${project}/get_temporary_upload_links`, '{"files_list": [null]}'],
      [`${project}/multipart_uploads`, '{"part_count": 1}'],
      [`${project}/multipart_uploads`, '{"file_name": null, "part_count": 1}'],
      [`${project}/multipart_uploads`, '{"file_name": "a.NEF", "part_count": 1, "links": "no"}'],
    ];
    for (const [path, body] of cases) {
      const error = refusal(await api.call('POST', path, { body }), { status: 400 });
      assert.match(error.code, /^invalid_/, body);
    }
    assert.deepEqual(await api.files(project), []);
  });

  it('may have 64 KiB and no byte more [L1.10, E.body_too_large]', async () => {
    const limit = 64 * 1024;
    const json = JSON.stringify({ name: uniqueName('Large') });
    refusal(await api.call('POST', PROFILE, { body: json.padEnd(limit + 1) }), { status: 413, code: 'body_too_large' });
    refusal(await api.call('POST', PROFILE, { body: json.padEnd(20_000_000) }), {
      status: 413,
      code: 'body_too_large',
    });
    data(await api.call('POST', PROFILE, { body: json.padEnd(limit) }));
  });

  it('may be longer where it lists names [L1.10]', async () => {
    const path = `${await api.newProject()}/get_temporary_upload_links`;
    const limit = 64 * 1024 + 10_000 * 1024;
    const json = JSON.stringify({ files_list: [{ file_name: 'a.NEF' }] });
    data(await api.call('POST', path, { body: json.padEnd(limit) }));
    refusal(await api.call('POST', path, { body: json.padEnd(limit + 1) }), { status: 413, code: 'body_too_large' });
  });

  it('that holds millions of values is refused [L1.10]', async () => {
    const path = `${await api.newProject()}/get_temporary_upload_links`;
    for (const entry of ['0', '{}', '[]', '"a"']) {
      const body = `{"files_list":[${Array(2_000_000).fill(entry).join(',')}]}`;
      refusal(await api.call('POST', path, { body }), { status: 400, code: 'invalid_request' });
    }
  });

  it('without a length is limited as well [L1.10]', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const name = uniqueName('Chunked');
    const answer = await request({
      url: target.apiUrl + PROFILE,
      method: 'POST',
      headers: { 'x-api-key': target.accounts.first.apiKey, 'Transfer-Encoding': 'chunked' },
      // The raw client adds no framing, so each chunk brings its own.
      body: (async function* () {
        for (let count = 0; count < 20; count++) {
          yield Buffer.concat([Buffer.from('100000\r\n'), chunk, Buffer.from('\r\n')]);
        }
        const json = JSON.stringify({ name });
        yield Buffer.from(`${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`);
      })(),
    });
    refusal(answer, { status: 413, code: 'body_too_large' });
    refusal(await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`), { status: 404 });
  });

  it('of a type that is not JSON is refused [E.unsupported_media_type]', async () => {
    for (const type of ['text/xml', 'multipart/form-data; boundary=x', 'application/octet-stream']) {
      const answer = await api.call('POST', PROFILE, { headers: { 'Content-Type': type }, body: '<a/>' });
      refusal(answer, { status: 415, code: 'unsupported_media_type' });
    }
  });
});

describe('a path', () => {
  it('that is not a route is a 404 [L1.11, E.route_not_found]', async () => {
    const project = await api.newProject();
    const calls: [method: string, path: string][] = [
      ['GET', '/'],
      ['GET', '/v1'],
      ['GET', '/v2/projects'],
      ['GET', '/v1/profiles'],
      ['GET', '/v1/i2i'],
      ['POST', `${project}/edit`],
      ['POST', `${project}/export`],
      ['GET', `${project}/export/get_temporary_download_links`],
      ['GET', `${project}/edit/status`],
      ['POST', `${project}/multipart_uploads/x/y/z`],
    ];
    for (const [method, path] of calls) {
      refusal(await api.call(method, path), { status: 404, code: 'route_not_found' });
    }
  });

  it('refuses a method that its route does not take [L1.11, E.method_not_allowed]', async () => {
    const fixture = await makeFixture(api, PROFILE);
    const calls: [method: string, path: string][] = [
      ['PUT', PROFILE],
      ['DELETE', PROFILE],
      ['PATCH', fixture.project],
      ['DELETE', `${fixture.project}/files`],
      ['GET', `${fixture.project}/get_temporary_upload_links`],
      ['POST', `${fixture.project}/get_upload_link`],
      ['PUT', `${fixture.project}/multipart_uploads`],
      ['GET', `${fixture.project}/multipart_uploads/${encodeURIComponent(fixture.open.upload_id)}/complete`],
      ['POST', `${fixture.project}/files`],
    ];
    for (const [method, path] of calls) {
      refusal(await api.call(method, path), { status: 405, code: 'method_not_allowed' });
    }
  });

  it('responds to a method that no route has [L1.11]', async () => {
    for (const method of ['PROPFIND', 'PURGE', 'TRACE']) {
      const { status } = await api.call(method, PROFILE);
      assert.ok(status === 404 || status === 405 || status === 501, `${method}: ${status}`);
    }
  });

  it('takes identifiers as data, whatever they hold [L1.12]', async () => {
    const fixture = await makeFixture(api, PROFILE);
    const odd = ['..%2f..%2fetc%2fpasswd', '%00', '%zz', '%ff', "'--", '%7Buuid%7D', 'x'.repeat(3000), '%F0%9F%93%B7'];
    for (const id of odd) {
      const paths = [
        `${PROFILE}/${id}`,
        `${fixture.project}/multipart_uploads/${id}`,
        `${fixture.project}/files/${id}`,
      ];
      for (const path of paths) {
        const answer = await api.call('GET', path, { target: path });
        assert.ok(answer.status >= 400 && answer.status < 500, `${path.slice(0, 80)}: ${answer.status}`);
        refusal(answer, { status: answer.status });
      }
    }
  });
});
