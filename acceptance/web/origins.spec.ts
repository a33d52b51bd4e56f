import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePorts, root, startNginxWith, temporaryFolder, writeShoot } from '@darkslide/testkit';
import { Api } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole } from '../support/shoots.ts';
import { startServer } from '../support/target.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
/** Ten files by one PUT each, and one in parts. */
const SIZES = [...Array.from({ length: 10 }, () => 100_000), 70 * MiB];

const browser = await useChromium();

/** Uploads the shoot from a page; returns the number of PUTs that it took. */
async function upload(api: Api, pageUrl: string): Promise<number> {
  const { name, url } = await newUploadLink(api, pageUrl);
  const folder = await temporaryFolder('darkslide-origins');
  const photos = await writeShoot({ folder: folder.path, seed: name, sizes: SIZES });
  const page = await UploadPage.open(browser, url);
  await page.choose(
    'files',
    photos.map(({ path }) => path),
  );
  assert.equal((await page.summary()).failed, 0);
  assert.deepEqual(page.complaints, []);
  const parts = await assertWhole(api, name, photos);
  await page.close();
  await folder.remove();
  return [...parts.values()].reduce((sum, count) => sum + Math.max(1, count), 0);
}

describe('an upload from a page', () => {
  it('costs one preflight a link where the storage has another origin', LIMIT, async () => {
    const { api, apiProxy, storageProxy, remove } = await startProxied();
    try {
      const puts = await upload(api, apiProxy.url);
      const asked = (method: string) => storageProxy.log.filter((entry) => entry.method === method).length;
      assert.deepEqual([asked('PUT'), asked('OPTIONS')], [puts, puts]);
      assert.equal(apiProxy.log.filter(({ method }) => method === 'OPTIONS').length, 0);
    } finally {
      await remove();
    }
  });

  it(
    'costs none with page and storage under one origin, by the nginx configuration that is shipped',
    LIMIT,
    async () => {
      const [port = 0, storePort = 0] = await freePorts(2);
      const url = `http://127.0.0.1:${port}`;
      const env = { DARKSLIDE_PUBLIC_STORE_URL: url, DARKSLIDE_STORE_PORT: String(storePort) };
      const server = await startServer({ env });
      const shipped = await readFile(join(root, 'deploy', 'nginx', 'same-origin.conf'), 'utf8');
      const site = shipped
        .replace('127.0.0.1:8080', new URL(server.apiUrl).host)
        .replace('127.0.0.1:9000', `127.0.0.1:${storePort}`)
        .replace(/^\s*ssl_.*$/gm, '')
        .replace(/listen .*;/, `listen 127.0.0.1:${port};`);
      const nginx = await startNginxWith(site, { url });
      try {
        const api = new Api({ apiUrl: server.apiUrl, apiKey: server.apiKey });
        const puts = await upload(api, url);
        const answers = await nginx.answers();
        const asked = (method: string) => answers.filter((answer) => answer.method === method).length;
        assert.deepEqual([asked('PUT'), asked('OPTIONS')], [puts, 0]);
      } finally {
        await nginx.remove();
        await server.remove();
      }
    },
  );
});
