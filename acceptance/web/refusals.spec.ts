import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';
import type { MintBody } from '../support/upload-tokens.ts';

const { api, apiProxy, storageProxy, folder } = await useProxied();
const browser = await useChromium();

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };

async function openPage(title: string, limits: MintBody, extensions: readonly string[] = ['.NEF']) {
  const link = await newUploadLink(api, apiProxy.url, limits);
  const shoots = extensions.map((extension) =>
    writeShoot({
      folder: join(folder, title),
      seed: title,
      sizes: Array(12).fill(MiB),
      extension,
      prefix: extension.slice(1),
    }),
  );
  const paths = (await Promise.all(shoots)).flat().map(({ path }) => path);
  const stored = async () => (await api.files(link.project)).filter(({ status }) => status === 'uploaded').length;
  return { ...link, paths, stored, page: await UploadPage.open(browser, link.url) };
}

describe('an upload that the server or the storage refuses, in Chromium', () => {
  for (const [title, limits, sentence] of [
    ['files', { max_files: 5 }, /allows 5 files and has 0 left/],
    ['bytes', { max_bytes: 5 * MiB }, /allows 5242880 bytes and has 0 left/],
  ] as const) {
    it(
      `in the middle, because its link is for fewer ${title}: says so of each file, and keeps the others`,
      LIMIT,
      async () => {
        const { paths, stored, page } = await openPage(title, limits);
        await page.choose('files', paths);
        const { successful, failed, results } = await page.summary();
        assert.deepEqual([successful, failed], [5, 7]);
        for (const { status, reason, message } of results) {
          if (status !== 'failed') continue;
          assert.equal(reason, 'refused');
          assert.match(message ?? '', sentence);
        }
        assert.equal(await stored(), 5);
        await page.main.getByText('7 files are not stored.').first().waitFor();
        await page.close();
      },
    );
  }

  it('for names that its link does not allow: says so of these, and stores the others', LIMIT, async () => {
    const { paths, stored, page } = await openPage('names', { allowed_names: ['*.NEF'] }, ['.NEF', '.JPG']);
    await page.choose('files', paths);
    const { successful, results } = await page.summary();
    assert.equal(successful, 12);
    for (const { name, status, message } of results) {
      if (name.endsWith('.NEF')) assert.equal(status, 'uploaded', name);
      else assert.match(message ?? '', /does not allow the file name "JPG\d+\.JPG"/);
    }
    assert.equal(await stored(), 12);
    await page.close();
  });

  it('because its link has expired meanwhile: says so, and keeps what arrived', LIMIT, async () => {
    const { token, paths, stored, page } = await openPage('expired', { expires_in: 15 });
    storageProxy.bandwidth = 3 * MiB;
    await page.choose('files', paths);
    await page.sent(0.3);
    await page.button('Pause').click();
    while ((await token.api.get('/v1/upload_token')).status !== 401) await sleep(500);
    storageProxy.bandwidth = undefined;
    await page.button('Go on').click();
    await page.main.getByText('This link does not work any more. Ask for a new one.').first().waitFor();
    assert.ok((await stored()) > 0);
    await page.close();
  });

  it('because it is no page that the storage lets in: says that while it tries again', LIMIT, async () => {
    const { paths, page } = await openPage('storage', {});
    const name = 'access-control-allow-origin';
    storageProxy.inject({ fault: { kind: 'rewrite-header', name, value: 'https://other.example' } });
    await page.choose('files', paths);
    const host = new URL(storageProxy.url).host;
    await page.main
      .getByText(`${host}: it does not respond, or it does not let pages of ${apiProxy.url} in (CORS)`)
      .waitFor();
    await page.close();
  });

  it('because it is no page that the server lets in: says so before anything is chosen', LIMIT, async () => {
    const { token } = await newUploadLink(api, apiProxy.url);
    const [port = 0] = await freePorts(1);
    const own = `http://127.0.0.1:${port}`;
    const element = await (await fetch(`${apiProxy.url}/upload/element.js`)).text();
    const html = `<!doctype html><html lang="en"><title>x</title><script type="module" src="/element.js"></script>
      <darkslide-uploader server="${apiProxy.url}" token="${token.token}"></darkslide-uploader>`;
    const site = createServer(({ url }, response) => {
      const isScript = url === '/element.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? element : html);
    }).listen(port, '127.0.0.1');
    after(() => site.close());
    const page = await UploadPage.open(browser, own);
    const host = new URL(apiProxy.url).host;
    await page.main.getByText('The server cannot be reached.').waitFor();
    await page.main.getByText(`${host}: it does not respond, or it does not let pages of ${own} in (CORS)`).waitFor();
    await page.close();
  });
});
