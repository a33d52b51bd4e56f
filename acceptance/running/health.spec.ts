import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, Darkslide, request } from '@darkslide/testkit';
import { Api, FAMILIES, PROFILE, refusal } from '../support/api.ts';

const READY_PATHS = ['/healthz', '/readyz'] as const;

describe('a running server', () => {
  it('says that it is up and ready, without a key [L9.1, L9.2]', async () => {
    const server = await Darkslide.start();
    try {
      for (const path of READY_PATHS) assert.equal((await request({ url: server.apiUrl + path })).status, 200, path);
    } finally {
      await server.remove();
    }
  });

  it('describes itself [L9.10]', async () => {
    const server = await Darkslide.start();
    try {
      const answer = await request({ url: `${server.apiUrl}/openapi.json` });
      const { openapi, paths } = answer.json<{ openapi: string; paths: Record<string, object> }>();
      assert.match(openapi, /^3\.1\./);
      for (const family of FAMILIES) {
        const described = Object.keys(paths).map((path) => path.replace(/\/$/, ''));
        for (const path of [family, `${family}/{project_uuid}/get_temporary_upload_links`]) {
          assert.ok(described.includes(path), path);
        }
      }
      // A redirect may lead to the page.
      const page = await fetch(`${server.apiUrl}/docs`);
      assert.equal(page.status, 200);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    } finally {
      await server.remove();
    }
  });

  it('stops without a message when nothing is in progress [L9.4]', async () => {
    const server = await Darkslide.start();
    try {
      assert.equal(await server.stop(), 0);
      await server.start();
      assert.equal((await new Api(server).get(PROFILE)).status, 200);
    } finally {
      await server.remove();
    }
  });
});

describe('a server that is asked to stop', () => {
  it('finishes requests in progress and those on open connections, then refuses [L9.4, E.shutting_down]', async () => {
    const server = await Darkslide.start();
    try {
      const api = new Api(server);
      const project = await api.newProject();
      const link = new URL(await api.uploadLink(project, 'a.NEF'));
      const upload = await connect(link);
      await upload.send(`PUT ${link.pathname}${link.search} HTTP/1.1\r\nHost: ${link.host}\r\nContent-Type:\r\n`);
      await upload.send('Content-Length: 10\r\nConnection: close\r\n\r\nfirst');
      const head = `GET ${PROFILE} HTTP/1.1\r\nHost: ${new URL(server.apiUrl).host}\r\nx-api-key: ${server.apiKey}\r\n`;
      // Calls that have begun, but have not asked for anything yet, and a connection that is not used.
      const [soon, late, idle, asker] = await Promise.all([1, 2, 3, 4].map(() => connect(server.apiUrl)));
      assert.ok(soon && late && idle && asker);
      for (const call of [soon, late]) await call.send(head);
      await idle.send(`${head}\r\n`);
      const isAnswered = (text: string) => text.includes('"projects"');
      assert.match(await idle.receive({ until: isAnswered }), /^HTTP\/1\.1 200 /);

      const stopped = server.stop();
      while (await server.isReady()) await new Promise(setImmediate);
      await soon.send('\r\n');
      const answered = await soon.receive();
      assert.match(answered, /^HTTP\/1\.1 200 /);
      assert.match(answered, /\r\nconnection: close\r\n/i);
      await asker.send(`GET /readyz HTTP/1.1\r\nHost: ${new URL(server.apiUrl).host}\r\n\r\n`);
      assert.match(await asker.receive(), /^HTTP\/1\.1 503 /, 'a balancer that asks is told');
      // Unused connections are closed when no request can be on its way any more; later ones are refused.
      await idle.receive();
      await late.send('\r\n');
      const refused = await late.receive();
      assert.match(refused, /^HTTP\/1\.1 503 /);
      assert.match(refused, /"code":\s*"shutting_down"/);
      assert.match(refused, /"request_id"/);
      await upload.send('later');
      assert.match(await upload.receive(), /^HTTP\/1\.1 200 /);
      assert.equal(await stopped, 0);
      await assert.rejects(request({ url: server.apiUrl }), { code: 'ECONNREFUSED' });

      await server.start();
      assert.equal((await api.file(project, 'a.NEF')).size, 10);
    } finally {
      await server.remove();
    }
  });
});

describe('the rate limit', () => {
  it('holds an API key to its share, and no other [L9.3, E.rate_limited]', async () => {
    const server = await Darkslide.start({ env: { DARKSLIDE_RATE_LIMIT: '20' } });
    try {
      const second = await server.createAccount('second');
      const [api, other] = [new Api(server), new Api({ apiUrl: server.apiUrl, apiKey: second.apiKey })];
      const answers = [];
      for (let count = 0; count < 25; count++) answers.push(await api.get(PROFILE));
      // The minute may turn in between; then a few more pass.
      const limited = answers.filter(({ status }) => status === 429);
      assert.ok(limited.length > 0 && limited.length <= 5, `${limited.length} of 25`);
      for (const answer of limited) {
        refusal(answer, { status: 429, code: 'rate_limited' });
        const seconds = Number(answer.headers['retry-after']);
        assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `Retry-After: ${seconds}`);
      }
      assert.equal((await other.get(PROFILE)).status, 200);
      for (const path of READY_PATHS) assert.equal((await request({ url: server.apiUrl + path })).status, 200);
    } finally {
      await server.remove();
    }
  });
});
