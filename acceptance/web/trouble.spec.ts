import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { photoBytes, startChromium, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';

const { api, apiProxy, storageProxy, folder } = await useProxied();
const browser = await useChromium();

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };

async function newPage(title: string, sizes: number[]) {
  const link = await newUploadLink(api, apiProxy.url);
  const photos = await writeShoot({ folder: join(folder, title), seed: title, sizes });
  const paths = photos.map(({ path }) => path);
  return { ...link, photos, paths, page: await UploadPage.open(browser, link.url) };
}

describe('trouble while a page uploads', () => {
  it('two tabs on one project: the second waits, and sends nothing twice', LIMIT, async () => {
    const { name, photos, paths, url, page } = await newPage('tabs', Array(20).fill(MiB));
    const before = storageProxy.counts.bytesIn;
    storageProxy.bandwidth = MiB;
    await page.choose('files', paths);
    await page.sent(0.05);
    const second = await page.beside(url);
    await second.choose('files', paths);
    await second.main.getByText('Another tab uploads to this project.').first().waitFor();
    storageProxy.bandwidth = undefined;
    assert.equal((await page.summary()).successful, 20);
    const { skipped, failed, bytes } = await second.summary();
    assert.deepEqual([skipped, failed, bytes], [20, 0, 0]);
    assert.ok(storageProxy.counts.bytesIn - before < sizeOf(photos) * 1.1);
    await assertWhole(api, name, photos);
    await page.close();
  });

  it('a file is changed and one is gone: both are named, and the others arrive', LIMIT, async () => {
    const { project, paths, page } = await newPage('card', Array(12).fill(2 * MiB));
    storageProxy.bandwidth = 3 * MiB;
    await page.choose('files', paths);
    await page.sent(0.1);
    const [changed = '', gone = ''] = paths.slice(-2);
    await writeFile(changed, photoBytes({ seed: 'other', size: MiB }));
    await rm(gone);
    storageProxy.bandwidth = undefined;
    const { successful, results } = await page.summary();
    assert.equal(successful, 10);
    for (const path of [changed, gone]) {
      const result = results.find((one) => one.name === basename(path));
      assert.equal(result?.status, 'failed');
      assert.match(result?.reason ?? '', /^(vanished|unreadable|changed)$/);
    }
    const stored = (await api.files(project)).filter(({ status }) => status === 'uploaded');
    assert.equal(stored.length, 10, 'and nothing of the two is called uploaded');
    await page.main.getByText('2 files are not stored.').first().waitFor();
    await page.close();
  });

  it('its link is revoked: the page says so, and what arrived stays', LIMIT, async () => {
    const { project, token, paths, page } = await newPage('revoked', Array(20).fill(2 * MiB));
    storageProxy.bandwidth = 6 * MiB;
    await page.choose('files', paths);
    await page.sent(0.1);
    await api.delete(`${project}/upload_tokens/${token.token_id}`);
    storageProxy.bandwidth = undefined;
    await page.main.getByText('This link does not work any more.').first().waitFor({ timeout: 60_000 });
    await page.assertAccessible('revoked while it sends');
    assert.ok((await api.files(project)).some(({ status }) => status === 'uploaded'));
    await page.close();
  });

  it('the connection is away for a while: it waits, and goes on by itself', LIMIT, async () => {
    const { name, photos, paths, page } = await newPage('offline', Array(20).fill(MiB));
    storageProxy.bandwidth = 4 * MiB;
    await page.choose('files', paths);
    await page.sent(0.1);
    await Promise.all([apiProxy.down(), storageProxy.down()]);
    await new Promise((resolve) => setTimeout(resolve, 8000));
    await Promise.all([apiProxy.up(), storageProxy.up()]);
    storageProxy.bandwidth = undefined;
    assert.equal((await page.summary()).failed, 0);
    await assertWhole(api, name, photos);
    await page.close();
  });

  it('the browser goes back to the page, and the upload goes on', LIMIT, async () => {
    const { name, photos, paths, page } = await newPage('back', Array(20).fill(MiB));
    storageProxy.bandwidth = 4 * MiB;
    await page.choose('files', paths);
    await page.sent(0.1);
    await page.page.goto('about:blank');
    storageProxy.bandwidth = undefined;
    await page.page.goBack();
    const whole = page.main.getByText('All 20 files are stored and verified.').first();
    // A browser that kept the page goes on; one that loads it again needs the files once more.
    await page.button('Choose files').waitFor();
    const isSent = await page.main.locator('darkslide-file-list').count();
    if (isSent === 0) await page.choose('files', paths);
    await whole.waitFor({ timeout: 60_000 });
    await assertWhole(api, name, photos);
    await page.close();
  });

  it('the browser has no WebAssembly, as in a lockdown mode: every file is hashed still', LIMIT, async () => {
    const { name, url } = await newUploadLink(api, apiProxy.url);
    const photos = await writeShoot({ folder: join(folder, 'plain'), seed: 'plain', sizes: [3 * MiB, 1, 200_000] });
    const old = await startChromium({ flags: ['--js-flags=--jitless'] });
    try {
      const page = await UploadPage.open(old, url);
      assert.equal(await page.page.evaluate(() => typeof WebAssembly), 'undefined');
      await page.choose(
        'files',
        photos.map(({ path }) => path),
      );
      assert.equal((await page.summary()).successful, 3);
      assert.deepEqual(page.complaints, []);
      await assertWhole(api, name, photos);
    } finally {
      await old.close();
    }
  });
});
