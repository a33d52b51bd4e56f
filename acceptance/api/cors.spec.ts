import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { after, describe, it } from 'node:test';
import { request } from '@darkslide/testkit';
import { Api, PROFILE } from '../support/api.ts';
import { startServer } from '../support/target.ts';
import { mintToken } from '../support/upload-tokens.ts';

const PAGE = 'https://photos.example.com';
const OTHER = 'https://photos.example.com.evil.example';

const closed = await startServer();
const listed = await startServer({ env: { DARKSLIDE_ALLOWED_ORIGINS: `http://localhost:3000, ${PAGE}` } });
const open = await startServer({ env: { DARKSLIDE_ALLOWED_ORIGINS: '*' } });
after(() => Promise.all([closed, listed, open].map((server) => server.remove())));

type Server = typeof closed;

const corsOf = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

const preflight = (server: Server, origin: string, path = `${PROFILE}/`) =>
  request({
    url: server.apiUrl + path,
    method: 'OPTIONS',
    headers: {
      ...{ origin, 'access-control-request-method': 'POST' },
      'access-control-request-headers': 'content-type, x-api-key',
    },
  });

const ask = (server: Server, origin: string, key = server.apiKey) =>
  request({ url: `${server.apiUrl}${PROFILE}/`, headers: { origin, 'x-api-key': key } });

describe('pages of other origins', () => {
  it('are not let in where nothing is set [L9.34]', async () => {
    const asked = await preflight(closed, PAGE);
    assert.equal(asked.status, 405);
    assert.deepEqual(corsOf(asked.headers), {});
    assert.deepEqual(corsOf((await ask(closed, PAGE)).headers), {});
  });

  it('are let in by their origin, whole, and before a key is asked for [L9.34]', async () => {
    for (const origin of [PAGE, 'http://localhost:3000']) {
      const { status, text, headers } = await preflight(listed, origin);
      assert.deepEqual([status, text], [204, '']);
      assert.deepEqual(corsOf(headers), {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
        'access-control-allow-headers': 'content-type, x-api-key, x-request-id',
        'access-control-expose-headers': 'retry-after, x-request-id',
        'access-control-max-age': '7200',
      });
      assert.match(headers.vary ?? '', /\bOrigin\b/);
    }
    for (const origin of [OTHER, 'http://photos.example.com', `${PAGE}:8443`, 'null']) {
      const { status, headers } = await preflight(listed, origin);
      assert.deepEqual([status, corsOf(headers)], [405, {}], origin);
      assert.match(headers.vary ?? '', /\bOrigin\b/);
      assert.deepEqual(corsOf((await ask(listed, origin)).headers), {});
    }
  });

  it('may read what is returned, refusals too [L9.34]', async () => {
    for (const [server, origin, allowed] of [
      [listed, PAGE, PAGE],
      [open, OTHER, '*'],
    ] as const) {
      for (const [key, status] of [
        [server.apiKey, 200],
        ['wrong', 401],
      ] as const) {
        const response = await ask(server, origin, key);
        assert.equal(response.status, status);
        assert.equal(response.headers['access-control-allow-origin'], allowed);
        assert.equal(response.headers['access-control-allow-credentials'], undefined);
      }
    }
  });

  it('ask for links with a token [L9.34, L13.2]', async () => {
    const api = new Api({ apiUrl: listed.apiUrl, apiKey: listed.apiKey });
    const project = await api.newProject();
    const { token } = await mintToken(api, project);
    const links = await request({
      url: `${listed.apiUrl}${project}/get_temporary_upload_links`,
      method: 'POST',
      headers: { origin: PAGE, 'x-api-key': token, 'content-type': 'application/json' },
      body: JSON.stringify({ files_list: [{ file_name: 'a.NEF' }] }),
    });
    assert.equal(links.status, 200);
    assert.equal(links.headers['access-control-allow-origin'], PAGE);
  });
});
