import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BROWSERS, slowDown, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { assertWhole } from '../support/shoots.ts';
import { TabPage } from '../support/tab-page.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';

const LINK_SECONDS = 5;
const { api, apiProxy, storageProxy, folder } = await useProxied({ DARKSLIDE_LINK_TTL: String(LINK_SECONDS) });

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const isPut = ({ method }: { method: string }) => method === 'PUT';

for (const [engine, start] of Object.entries(BROWSERS)) {
  describe(`an upload that has to wait, in ${engine}`, async () => {
    const tab = await start();
    after(() => tab.close());

    async function upload(title: string, sizes: number[]) {
      const { name, url } = await newUploadLink(api, apiProxy.url);
      const photos = await writeShoot({ folder: join(folder, `${engine}-${title}`), seed: title, sizes });
      const page = await TabPage.open(tab, url);
      await page.choose(photos);
      return { name, photos, page };
    }

    it('notices a storage that takes bytes and never answers, says so, and sends them again', LIMIT, async () => {
      // By then a rate was measured, which says how long to wait.
      storageProxy.bandwidth = 10 * MiB;
      storageProxy.inject({ fault: { kind: 'stall', afterBytes: MiB }, match: isPut, skip: 8, times: 1 });
      const all = Number.POSITIVE_INFINITY;
      storageProxy.inject({ fault: { kind: 'stall', afterBytes: all }, match: isPut, skip: 8, times: 1 });
      const { name, photos, page } = await upload('stall', Array(14).fill(5 * MiB));
      await page.says('Trying again:');
      assert.equal((await page.summary()).failed, 0);
      await page.says('All 14 files are stored and verified.');
      await assertWhole(api, name, photos);
    });

    it(
      'takes a new link for one that expires while its PUT waits, and waits out a storage that is busy',
      LIMIT,
      async () => {
        const tooLong = { kind: 'delay', ms: (LINK_SECONDS + 1) * 1000 } as const;
        storageProxy.inject({ fault: tooLong, match: isPut, times: 3 });
        storageProxy.inject({ fault: { kind: 'answer', answer: slowDown }, match: isPut, times: 12 });
        const { name, photos, page } = await upload('expired', Array(12).fill(MiB));
        assert.equal((await page.summary()).failed, 0);
        assert.ok(
          storageProxy.log.some(({ fault, status }) => fault === 'delay' && status === 403),
          'a link expired',
        );
        await assertWhole(api, name, photos);
      },
    );

    const { hide } = tab;
    if (!hide) return;
    it('goes on in a tab that is hidden', LIMIT, async () => {
      storageProxy.bandwidth = 10 * MiB;
      const { name, photos, page } = await upload('hidden', [...Array(40).fill(100_000), 70 * MiB]);
      await hide();
      await page.until('the tab to be hidden', "document.visibilityState === 'hidden'");
      assert.equal((await page.summary()).failed, 0);
      await assertWhole(api, name, photos);
    });
  });
}

describe('an upload whose machine sleeps, in Chromium', async () => {
  const browser = await useChromium();

  it('continues with new links when the old ones have expired meanwhile', LIMIT, async () => {
    const { name, url } = await newUploadLink(api, apiProxy.url);
    const photos = await writeShoot({ folder: join(folder, 'sleep'), seed: 'sleep', sizes: Array(30).fill(MiB) });
    storageProxy.bandwidth = 4 * MiB;
    const page = await UploadPage.open(browser, url);
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    await page.sent(0.2);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    for (const { id } of processInfo) process.kill(id, 'SIGSTOP');
    await sleep((LINK_SECONDS + 1) * 1000);
    storageProxy.bandwidth = undefined;
    for (const { id } of processInfo) process.kill(id, 'SIGCONT');
    assert.equal((await page.summary()).failed, 0);
    await assertWhole(api, name, photos);
    await page.close();
  });
});
