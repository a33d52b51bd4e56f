import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BROWSERS, exifPhoto } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { samplePhotos } from '../support/sample-photos.ts';
import { TabPage } from '../support/tab-page.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';

const { api, apiProxy, folder } = await useProxied();
const browser = await useChromium();

const LIMIT = { timeout: 300_000 };
/** One over the seconds of a bracket's frames. */
const SPEEDS = [100, 400, 25];

/** Writes a photo on its own, and brackets of three frames; the last one lacks a frame. */
async function writeBrackets(title: string): Promise<string[]> {
  await mkdir(join(folder, title));
  const shots = [
    { minute: 0, speed: 60, bracketed: false },
    ...[1, 2, 3, 4].flatMap((minute) => SPEEDS.map((speed) => ({ minute, speed, bracketed: true }))),
  ].slice(0, -1);
  const paths: string[] = [];
  for (const [at, { minute, ...exposed }] of shots.entries()) {
    const takenAt = new Date(Date.UTC(2026, 4, 1, 10, minute, (at + 2) % 3));
    const path = join(folder, title, `IMG_${String(at + 1).padStart(4, '0')}.JPG`);
    await writeFile(path, exifPhoto({ takenAt, ...exposed }));
    paths.push(path);
  }
  return paths;
}

async function openPage(): Promise<UploadPage> {
  const { url } = await newUploadLink(api, apiProxy.url);
  return UploadPage.open(browser, url);
}

const lines = ({ main }: UploadPage) => main.getByRole('treeitem');
const open = ({ main }: UploadPage, level: 1 | 2) => main.locator(`[role=treeitem][aria-level="${level}"]`);

describe('bracket sets in the page', () => {
  it(
    'are a line each, which opens; hands put them together and take them apart; the receipt has them',
    LIMIT,
    async () => {
      const page = await openPage();
      const { keyboard } = page.page;
      await page.choose('files', await writeBrackets('sets'));
      assert.equal((await page.summary()).successful, 12);
      await page.main.getByText('12 photos, 4 sets of 3, 1 incomplete', { exact: true }).waitFor();
      assert.equal(await lines(page).count(), 5);
      assert.match(
        (await lines(page).nth(1).textContent()) ?? '',
        /IMG_0002\.JPG – IMG_0004\.JPG.*3 frames, −2 … \+2 EV/s,
      );
      assert.match((await lines(page).nth(4).textContent()) ?? '', /2 of 3 frames: .* missing/s);
      await page.assertAccessible('with sets');

      await page.main.getByRole('tree').focus();
      for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await keyboard.press(key);
      const set = lines(page).nth(1);
      await open(page, 2).nth(2).waitFor();
      assert.equal(await set.getAttribute('aria-expanded'), 'true');
      assert.match((await open(page, 2).nth(1).textContent()) ?? '', /IMG_0003\.JPG.*Frame 2, −2 EV/s);
      for (const key of ['ArrowRight', 'Space']) await keyboard.press(key);
      await page.main.getByText('1 selected').waitFor();
      await page.assertAccessible('with an open set');
      for (const key of ['Escape', 'ArrowLeft', 'ArrowLeft']) await keyboard.press(key);
      await open(page, 2).first().waitFor({ state: 'detached' });
      for (const key of ['Space', 's']) await keyboard.press(key);
      await page.main.getByText('12 photos, 3 sets of 3, 1 incomplete', { exact: true }).waitFor();
      assert.equal(await lines(page).count(), 7);

      await lines(page).nth(0).click();
      await lines(page)
        .nth(2)
        .click({ modifiers: ['Shift'] });
      await page.button('Make one set').click();
      const made = lines(page).filter({ hasText: 'put together by hand' });
      assert.match((await made.textContent()) ?? '', /IMG_0001\.JPG – IMG_0003\.JPG.*3 frames/s);
      const [download] = await Promise.all([page.page.waitForEvent('download'), page.button('Receipt (JSON)').click()]);
      const receipt = JSON.parse(await readFile(await download.path(), 'utf8')) as { set: string; position: number }[];
      const places = receipt.map(({ set, position }) => [set, position]);
      const byHand = places.slice(0, 4);
      assert.deepEqual(byHand, [...[1, 2, 3].map((position) => ['hand:IMG_0001', position]), [null, null]]);
      assert.deepEqual(
        places.slice(4, 7),
        [1, 2, 3].map((position) => ['exposure:IMG_0005', position]),
      );
      assert.deepEqual(page.complaints, []);
      await page.close();
    },
  );

  it('stay as hands made them while more files come, and open to the other side in Hebrew', LIMIT, async () => {
    const page = await openPage();
    const photos = await writeBrackets('more');
    await page.choose('files', photos.slice(0, 7));
    await page.main.getByText('7 photos, 2 sets of 3', { exact: true }).waitFor();
    await page.summary();
    await lines(page).nth(1).click();
    await page.button('Take out of the set').click();
    await page.main.getByText('7 photos, 1 set of 3', { exact: true }).waitFor();
    await page.choose('files', photos.slice(7));
    await page.summary({ before: 1 });
    await page.main.getByText('12 photos, 3 sets of 3, 1 incomplete', { exact: true }).waitFor();

    await page.page.evaluate(() => {
      const uploader = document.querySelector('darkslide-uploader') as unknown as Record<string, unknown>;
      uploader.catalogues = { ...(uploader.catalogues as object), he: {} };
      uploader.language = 'he';
    });
    await page.main.locator('section[dir=rtl]').waitFor();
    await page.main.getByRole('tree').focus();
    for (const key of ['End', 'ArrowRight', 'ArrowLeft']) await page.page.keyboard.press(key);
    await open(page, 2).nth(1).waitFor();
    await page.assertAccessible('from right to left');
    await page.close();
  });

  it('of real cameras say which frames are missing, and show what the files have in them', LIMIT, async (t) => {
    const partial = [217, 218, 263, 264, 265].map((n) => `brackets/shoots/fx-g1-partial/P1280${n}.JPG`);
    const photos = samplePhotos(t, [...partial, 'jpeg/canon_hdr_NO.jpg', 'raw/FujiFilm.raf']);
    if (!photos) return;
    const page = await openPage();
    await page.choose('files', photos);
    await page.main.getByText('7 photos, 2 sets of 7, 2 incomplete', { exact: true }).waitFor();
    await page.summary();
    await page.main.getByText('2 of 7 frames: numbers 1, 2, 5, 6, and 7 are missing').waitFor();
    const shape = async (name: string) => {
      const canvas = lines(page).filter({ hasText: name }).locator('canvas:not([width="0"])');
      await canvas.waitFor();
      return canvas.evaluate(({ width, height }: HTMLCanvasElement) => [width < height, width > height]);
    };
    assert.deepEqual(await shape('FujiFilm.raf'), [false, true]);
    assert.deepEqual(await shape('canon_hdr_NO.jpg'), [true, false], 'the photo is turned');
    assert.deepEqual(page.complaints, []);
    await page.close();
  });
});

const LIST = "document.querySelector('darkslide-uploader').shadowRoot.querySelector('darkslide-file-list')?.shadowRoot";

for (const engine of ['Firefox', 'WebKit'] as const) {
  describe(`bracket sets in the page in ${engine}`, async () => {
    const tab = await (BROWSERS[engine] as (typeof BROWSERS)[typeof engine])();
    after(() => tab.close());

    it('are a line each, with what the files show', LIMIT, async (t) => {
      const { url } = await newUploadLink(api, apiProxy.url);
      const page = await TabPage.open(tab, url);
      const samples = samplePhotos(t, ['jpeg/canon_hdr_NO.jpg']) ?? [];
      const photos = [...samples, ...(await writeBrackets(engine))].map((path) => ({ path }));
      await page.choose(photos);
      const counted = `${photos.length} photos, 4 sets of 3, 1 incomplete`;
      await page.until(
        'the sets',
        `${LIST}?.querySelector('.summary').textContent.trim() === ${JSON.stringify(counted)}`,
      );
      if (samples.length > 0) {
        await page.until(
          'a preview that is turned',
          `[...${LIST}.querySelectorAll('canvas')].some(({ width, height }) => height > width)`,
        );
      }
      assert.equal((await page.summary()).failed, 0);
    });
  });
}
