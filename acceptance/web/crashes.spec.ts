import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, startChromiumIn, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';
import { newUploadLink, UploadPage } from '../support/upload-page.ts';

/** `DARKSLIDE_PAGE_CRASHES=50` makes a soak of it, `DARKSLIDE_PAGE_SEED` repeats one. */
const CRASHES = Number(process.env.DARKSLIDE_PAGE_CRASHES ?? 5);
const SEED = Number(process.env.DARKSLIDE_PAGE_SEED ?? Date.now() % 1_000_000);

const { api, apiProxy, storageProxy, folder } = await useProxied();

const MiB = 1024 * 1024;
const LIMIT = { timeout: 900_000 };
const SIZES = [...Array<number>(25).fill(MiB), 80 * MiB];
/** About the time that a whole upload takes, with the bandwidth below. */
const MAX_RUN_MS = 6000;
/** The page has this many transfers at once. */
const TRANSFERS = 5;

/** How a page ends in the middle of everything, and how it is opened again. */
type Visits = { open(url: string): Promise<UploadPage>; crash(page: UploadPage): Promise<void>; end(): Promise<void> };

async function reloads(profile: string): Promise<Visits> {
  const { context } = await startChromiumIn(profile);
  let page: UploadPage | undefined;
  return {
    async open(url) {
      page ??= await UploadPage.openIn(context, 'about:blank');
      // Another fragment alone loads nothing.
      await page.page.goto('about:blank');
      await page.page.goto(url);
      return page;
    },
    async crash({ page: tab }) {
      await tab.reload();
    },
    end: () => context.close(),
  };
}

async function kills(profile: string): Promise<Visits> {
  let browser: Awaited<ReturnType<typeof startChromiumIn>> | undefined;
  return {
    async open(url) {
      browser ??= await startChromiumIn(profile);
      return UploadPage.openIn(browser.context, url);
    },
    async crash() {
      await browser?.kill();
      browser = undefined;
    },
    end: async () => browser?.context.close(),
  };
}

/** Uploads one shoot, with crashes at random moments until it is whole or `left` are used up. Returns how many it took. */
async function uploadThroughCrashes(visits: Visits, { title, random, left }: Round): Promise<number> {
  const { name, project, url } = await newUploadLink(api, apiProxy.url);
  const photos = await writeShoot({ folder: join(folder, title), seed: title, sizes: SIZES });
  const paths = photos.map(({ path }) => path);
  const before = storageProxy.counts.bytesIn;
  for (let crashes = 0; ; crashes += 1) {
    const page = await visits.open(url);
    await page.choose('files', paths);
    if (crashes < left) {
      const ended = page.summary().then(
        () => 'ended',
        () => 'crashed',
      );
      const moment = await Promise.race([ended, sleep(random() * MAX_RUN_MS, 'now')]);
      if (moment === 'now') {
        const claimed = await page.stored();
        await visits.crash(page);
        const files = await api.files(project);
        const stored = files.filter(({ status }) => status === 'uploaded').length;
        assert.ok(claimed <= stored, `${title}: the page said ${claimed} of ${stored}`);
        continue;
      }
    }
    const { failed, successful, skipped } = await page.summary();
    assert.deepEqual([failed, successful + skipped], [0, SIZES.length], title);
    const parts = await assertWhole(api, name, photos);
    const partBytes = Math.ceil(80 / ((parts.get('DSC_0026.NEF') ?? 0) - 1)) * MiB;
    const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
    assert.ok(again <= crashes * TRANSFERS * partBytes, `${title}: ${again} bytes again in ${crashes} crashes`);
    return crashes;
  }
}

type Round = { title: string; random: () => number; left: number };

describe('a page that ends at random moments, in Chromium', () => {
  for (const [way, start] of Object.entries({ 'is loaded again': reloads, 'dies with its browser': kills })) {
    it(`and ${way}: every file is stored once, and little is sent twice`, LIMIT, async (t) => {
      t.diagnostic(`DARKSLIDE_PAGE_CRASHES=${CRASHES} DARKSLIDE_PAGE_SEED=${SEED}`);
      const random = seededRandom(SEED);
      const visits = await start(join(folder, `profile ${way}`));
      storageProxy.bandwidth = 20 * MiB;
      try {
        for (let crashes = 0, shoot = 1; crashes < CRASHES; shoot += 1) {
          const round = { title: `${way} ${shoot}`, random, left: CRASHES - crashes };
          crashes += await uploadThroughCrashes(visits, round);
        }
      } finally {
        await visits.end();
      }
    });
  }
});
