import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BROWSERS, slowDown, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';
import { TabPage } from '../support/tab-page.ts';
import { newUploadLink } from '../support/upload-page.ts';

const { api, apiProxy, storageProxy, folder } = await useProxied();

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const isPut = ({ method }: { method: string }) => method === 'PUT';

for (const [engine, start] of Object.entries(BROWSERS)) {
  describe(`the upload page in ${engine}`, async () => {
    const tab = await start();
    after(() => tab.close());

    /** A page that uploads into a new project. */
    const openPage = async () => {
      const link = await newUploadLink(api, apiProxy.url);
      return { ...link, page: await TabPage.open(tab, link.url) };
    };

    it('sends files whole and in parts, and says that they are stored', LIMIT, async () => {
      const { name, page } = await openPage();
      const sizes = [3 * MiB, 1, 70 * MiB, 200_000];
      // Browsers give JPEGs a type, which links do not sign.
      const shoot = { folder: join(folder, `${engine}-few`), seed: `${engine} few`, extension: '.JPG' };
      const photos = await writeShoot({ ...shoot, sizes });
      await page.choose(photos);
      const { successful, failed, bytes } = await page.summary();
      assert.deepEqual([successful, failed, bytes], [4, 0, sizeOf(photos)]);
      await page.says('All 4 files are stored and verified.');
      assert.ok(((await assertWhole(api, name, photos)).get('DSC_0003.JPG') ?? 0) > 1, 'in parts');
    });

    it('goes on after a reload: only what storage does not hold is sent', LIMIT, async () => {
      const { name, url, page } = await openPage();
      const sizes = [...Array.from({ length: 10 }, () => 2 * MiB), 80 * MiB];
      const photos = await writeShoot({ folder: join(folder, `${engine}-again`), seed: `${engine} again`, sizes });
      const before = storageProxy.counts.bytesIn;
      storageProxy.bandwidth = 20 * MiB;
      await page.choose(photos);
      await page.sent(0.4);
      storageProxy.bandwidth = undefined;
      const again = await TabPage.open(tab, url);
      await again.choose(photos);
      const { failed, successful, skipped } = await again.summary();
      assert.deepEqual([failed, successful + skipped], [0, 11]);
      await assertWhole(api, name, photos);
      const sentAgain = storageProxy.counts.bytesIn - before - sizeOf(photos);
      assert.ok(sentAgain <= 5 * 16 * MiB, `${sentAgain} bytes were sent again`);
    });

    it('survives a storage that fails, and a server that does not respond for a while', LIMIT, async () => {
      const { name, page } = await openPage();
      const sizes = Array.from({ length: 12 }, () => MiB);
      const photos = await writeShoot({ folder: join(folder, `${engine}-bad`), seed: `${engine} bad`, sizes });
      storageProxy.inject({ fault: { kind: 'answer', answer: slowDown }, match: isPut, chance: 0.3, times: 8 });
      storageProxy.inject({ fault: { kind: 'reset', afterBytes: 'anywhere' }, match: isPut, chance: 0.2, times: 4 });
      apiProxy.inject({ fault: { kind: 'lose-answer' }, match: ({ method }) => method === 'POST', times: 1 });
      await page.choose(photos);
      assert.equal((await page.summary()).failed, 0);
      await assertWhole(api, name, photos);
    });
  });
}
