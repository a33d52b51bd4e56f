import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { photoBytes } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';

const { api, apiProxy, folder } = await useProxied();
const browser = await useChromium();

const LIMIT = { timeout: 300_000 };
const LISTED_MS = 120_000;
const isLinkRequest = ({ path }: { path: string }) => path.endsWith('/get_temporary_upload_links');

async function openPage() {
  const link = await newUploadLink(api, apiProxy.url);
  return { ...link, page: await UploadPage.open(browser, link.url) };
}

/** The two ways of a folder into the page. */
const WAYS = {
  'chosen in a dialogue': (page: UploadPage, path: string) => page.choose('folder', path),
  dropped: (page: UploadPage, path: string) => page.drop([path]),
} as const;

/** Writes small photos into `folders` folders, all of other names and contents. */
async function writeMany({ title, files, folders }: { title: string; files: number; folders: number }) {
  const shoot = join(folder, title);
  for (let at = 0; at < folders; at++) await mkdir(join(shoot, String(at)), { recursive: true });
  for (let at = 0; at < files; at++) {
    await writeFile(join(shoot, String(at % folders), `${at}.NEF`), photoBytes({ seed: at, size: 100 }));
  }
  return shoot;
}

describe('a folder, in Chromium', () => {
  for (const { files, folders } of [
    { files: 2500, folders: 1 },
    { files: 20_000, folders: 200 },
  ]) {
    it(`of ${files} files, in ${folders} below it, is listed whole, chosen or dropped`, LIMIT, async () => {
      const shoot = await writeMany({ title: String(files), files, folders });
      // Listing is what counts here: nothing is sent.
      apiProxy.inject({ fault: { kind: 'stall', afterBytes: 0 }, match: isLinkRequest });
      for (const [way, give] of Object.entries(WAYS)) {
        const { page } = await openPage();
        await give(page, shoot);
        await page.button('Stop').waitFor({ timeout: LISTED_MS });
        const row = page.main.locator('li').first();
        await row.waitFor();
        assert.equal(await row.getAttribute('aria-setsize'), String(files), way);
        await page.close();
      }
    });
  }

  it('of 100 levels is stored whole, but for what may not be read, which is named', LIMIT, async () => {
    const deep = join(folder, 'deep');
    let level = deep;
    for (let depth = 1; depth <= 100; depth++, level = join(level, 'f')) {
      await mkdir(level, { recursive: true });
      await writeFile(join(level, `${depth}.NEF`), photoBytes({ seed: depth, size: 100 }));
    }
    const [closed, unreadable] = [join(deep, 'closed'), join(deep, 'unreadable.NEF')];
    await mkdir(closed);
    await writeFile(unreadable, 'x');
    await chmod(unreadable, 0);
    await chmod(closed, 0);
    for (const [way, give] of Object.entries(WAYS)) {
      const { project, page } = await openPage();
      await give(page, deep);
      const { successful, results } = await page.summary();
      assert.equal(successful, 100, way);
      assert.equal((await api.files(project)).filter(({ status }) => status === 'uploaded').length, 100);
      const failures = results.filter(({ status }) => status === 'failed').map(({ path }) => basename(path));
      assert.deepEqual(failures, ['unreadable.NEF'], way);
      // A dialogue gives the page no folder that it cannot open itself.
      const named = way === 'dropped' ? [unreadable, closed] : [unreadable];
      await page.main
        .getByText(named.length === 1 ? '1 file is not stored.' : '2 files are not stored.')
        .first()
        .waitFor();
      for (const [at, path] of named.entries()) {
        const row = (await page.main.locator('li').nth(at).textContent()) ?? '';
        assert.match(row, new RegExp(`${basename(path)}\\s.*The browser cannot read it`, 's'), way);
      }
      await page.assertAccessible('with what could not be read');
      await page.close();
    }
  });
});
