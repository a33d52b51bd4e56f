import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { ensurePackages, ForwardProxy, isOnPath, runOk, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';

const { api, apiProxy, storageProxy, folder, client, remove } = await startProxied();
const proxy = await ForwardProxy.start({ credentials: 'photographer:s3cret/@' });
const servers: net.Server[] = [];
after(async () => {
  proxy.close();
  for (const server of servers) server.close();
  await remove();
});

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const PROXY = `http://photographer:s3cret%2F%40@${proxy.host}`;
const photos = await writeShoot({ folder: join(folder, 'shoot'), seed: 'proxy', sizes: [1000, 300_000, 70 * MiB] });

async function upload(env: Record<string, string>) {
  const project = uniqueName('Proxy');
  const before = { ...proxy.counts };
  const ended = await client(['upload', join(folder, 'shoot'), '--project', project], env).ended;
  const said = ended.stdout + ended.stderr;
  assert.doesNotMatch(said, /s3cret|c3RhZ2luZ|cGhvdG9ncmFwaGVy/, 'no password is printed');
  const requests = proxy.counts.requests - before.requests;
  return { ...ended, said, project, requests, tunnels: proxy.counts.tunnels - before.tunnels };
}

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('darkslide upload behind a proxy', LIMIT, () => {
  it('goes through HTTP_PROXY to API and storage, with its user and password', async () => {
    for (const variable of ['HTTP_PROXY', 'http_proxy']) {
      const { code, said, project, requests } = await upload({ [variable]: PROXY });
      assert.equal(code, 0, said);
      assert.ok(requests >= photos.length + 4, `${requests} requests`);
      await assertWhole(api, project, photos);
    }
  });

  it('goes through a tunnel of HTTPS_PROXY, which it keeps', async () => {
    await ensurePackages({ packages: ['openssl'], isThere: () => isOnPath('openssl') });
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await runOk('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', cert],
    ]);
    const target = new URL(apiProxy.url);
    const secure = tls.createServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => {
      const upstream = net.connect(Number(target.port), target.hostname);
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    });
    const url = `https://localhost:${await listen(secure)}`;
    const env = { DARKSLIDE_URL: url, HTTPS_PROXY: PROXY, NODE_EXTRA_CA_CERTS: cert };
    const { code, said, project, requests, tunnels } = await upload(env);
    assert.equal(code, 0, said);
    assert.ok(tunnels >= 1 && tunnels <= 4, `${tunnels} tunnels`);
    assert.equal(requests, 0, 'storage has no proxy here');
    await assertWhole(api, project, photos);
  });

  it('goes past the proxy to what NO_PROXY names', async () => {
    const { code, said, requests } = await upload({ HTTP_PROXY: PROXY, NO_PROXY: 'example.com,127.0.0.0/8' });
    assert.equal(code, 0, said);
    assert.equal(requests, 0);
  });

  it('says what the proxy wants, and that a proxy is not one', async () => {
    const refused = await upload({ HTTP_PROXY: `http://photographer:s3cret@${proxy.host}` });
    assert.equal(refused.code, 2);
    assert.match(refused.said, new RegExp(`by the proxy ${proxy.host}: the proxy asks for a user and a password`));
    const socks = await upload({ HTTPS_PROXY: 'socks5://photographer:s3cret@127.0.0.1:1080' });
    assert.equal(socks.code, 2);
    assert.match(socks.said, /HTTPS_PROXY is not the URL of an HTTP proxy/);
  });
});

describe('darkslide upload to an API behind a web server', LIMIT, () => {
  it('sends the user and the password in the URL to the API alone, and never shows them', async () => {
    const wanted = `Basic ${Buffer.from('staging:s3cret é').toString('base64')}`;
    const target = new URL(apiProxy.url);
    const front = http.createServer((incoming, outgoing) => {
      if (incoming.headers.authorization !== wanted) return void outgoing.writeHead(401).end();
      const { authorization: _, ...headers } = incoming.headers;
      const { method, url: path } = incoming;
      const options = { host: target.hostname, port: target.port, method, path, headers };
      const upstream = http.request(options, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(upstream);
    });
    const host = `127.0.0.1:${await listen(front)}`;
    const before = storageProxy.counts.bytesIn;
    const url = `http://staging:s3cret%20%C3%A9@${host}/v1/`;
    const { code, said, project } = await upload({ DARKSLIDE_URL: url });
    assert.equal(code, 0, said);
    assert.match(said, new RegExp(`^To http://${host}/v1, with the API key`));
    assert.ok(storageProxy.counts.bytesIn - before >= sizeOf(photos), 'storage took the links, which are signed');
    await assertWhole(api, project, photos);
    const config = await client(['config', '--url', url]).ended;
    assert.doesNotMatch(config.stdout + config.stderr, /s3cret/);
  });

  it('says where the API has moved', async () => {
    for (const status of [301, 308]) {
      const moved = http.createServer((incoming, outgoing) => {
        outgoing.writeHead(status, { location: `https://new.example.com/api${incoming.url}` }).end();
      });
      const url = `http://127.0.0.1:${await listen(moved)}`;
      const { code, said } = await upload({ DARKSLIDE_URL: url });
      assert.equal(code, 2);
      assert.match(said, /has moved to https:\/\/new\.example\.com\/api: use that URL\./);
    }
  });
});
