import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesMd5, photoBytes, slowDown, writeShoot } from '@darkslide/testkit';
import { useProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';
import { newUploadLink, UploadPage, useChromium } from '../support/upload-page.ts';
import type { MintBody } from '../support/upload-tokens.ts';

const STUDIO = 'Studio “North” & Söhne';
const { api, apiProxy, storageProxy, folder } = await useProxied({ DARKSLIDE_STUDIO_NAME: STUDIO });
const browser = await useChromium({ hosts: { 'lab.example': '127.0.0.1' } });

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const isPut = ({ method }: { method: string }) => method === 'PUT';
const newPage = (limits?: MintBody) => newUploadLink(api, apiProxy.url, limits);

describe('the upload page', () => {
  it('says where the photos go, sends them, and says that they are stored', LIMIT, async () => {
    const { name, url } = await newPage({ title: 'Jones & Söhne', max_files: 500 });
    const photos = await writeShoot({
      folder: join(folder, 'few'),
      seed: 'few',
      sizes: [3 * MiB, 1, 70 * MiB, 200_000],
    });
    const page = await UploadPage.open(browser, url);
    await page.main.getByText('Upload photos to Jones & Söhne').waitFor();
    await page.main.getByText(`They go to ${STUDIO}`).waitFor();
    await page.main.getByText('At most 500 files.').waitFor();
    await page.assertAccessible('before');
    storageProxy.bandwidth = 25 * MiB;
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    await page.button('Pause').waitFor();
    await page.assertAccessible('while it sends');
    storageProxy.bandwidth = undefined;
    const { successful, failed, bytes, results } = await page.summary();
    assert.deepEqual([successful, failed, bytes, results.length], [4, 0, sizeOf(photos), 4]);
    assert.equal(await page.stored(), 4, 'by the last progress event');
    await page.main.getByText('All 4 files are stored and verified.', { exact: true }).first().waitFor();
    await page.assertAccessible('after');
    assert.ok(((await assertWhole(api, name, photos)).get('DSC_0003.NEF') ?? 0) > 1, 'in parts');

    const [download] = await Promise.all([page.page.waitForEvent('download'), page.button('Receipt (JSON)').click()]);
    const receipt = JSON.parse(await readFile(await download.path(), 'utf8')) as { name: string; status: string }[];
    assert.deepEqual(
      receipt.map((entry) => [entry.name, entry.status]),
      photos.map((photo) => [basename(photo.path), 'uploaded']),
    );
    const [list] = await Promise.all([page.page.waitForEvent('download'), page.button('Receipt (MHL)').click()]);
    const hashes = await readFile(await list.path(), 'utf8');
    for (const photo of photos) {
      const md5 = bytesMd5(await readFile(photo.path)).hex;
      assert.match(
        hashes,
        new RegExp(`>${basename(photo.path)}</path>\\s*<md5 action="original" hashdate="[^"]+">${md5}<`),
      );
    }
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  it('takes a folder whole: 2,500 files, two of one name, and leaves out what is not a photo', LIMIT, async () => {
    const { project, url } = await newPage();
    const shoot = join(folder, 'many');
    for (const card of ['card1', 'card2']) {
      await mkdir(join(shoot, card), { recursive: true });
      await writeFile(join(shoot, card, '.DS_Store'), 'x');
      await writeFile(join(shoot, card, 'notes.docx'), 'x');
      await writeFile(join(shoot, card, 'same.NEF'), photoBytes({ seed: card, size: 1000 }));
    }
    // As macOS writes it, which is not how it is stored.
    await writeFile(join(shoot, 'card1', 'Ru\u0308ckblick.NEF'), photoBytes({ seed: 'ü', size: 1000 }));
    await writeFile(join(shoot, 'card2', 'empty.NEF'), '');
    for (let at = 0; at < 2496; at++) {
      await writeFile(join(shoot, 'card1', `${at}.NEF`), photoBytes({ seed: at, size: 500 }));
    }
    const page = await UploadPage.open(browser, url);
    await page.choose('folder', shoot);
    const { total, successful, results } = await page.summary();
    assert.deepEqual([total, successful], [2500, 2499]);
    assert.equal(results.find(({ status }) => status === 'failed')?.reason, 'empty');
    await page.main.getByText('1 file is not stored.').first().waitFor();
    await page.main.getByText('2 files are not photos and are left out.').waitFor();
    const names = (await api.files(project)).flatMap((file) => (file.status === 'uploaded' ? file.file_name : []));
    assert.equal(names.length, 2499);
    for (const name of ['R\u00fcckblick.NEF', '0.NEF', '2495.NEF']) assert.ok(names.includes(name), name);
    assert.equal(names.filter((name) => name.endsWith('same.NEF')).length, 2);
    // Failures come first, and only what is in sight is drawn.
    const rows = page.main.locator('li');
    assert.match((await rows.first().textContent()) ?? '', /empty\.NEF/);
    assert.ok((await rows.count()) < 60, 'rows in the page');
    assert.equal(await rows.first().getAttribute('aria-setsize'), '2500');
    await page.assertAccessible('with a file that failed');
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  it('goes on after its tab was closed: only what storage does not hold is sent', LIMIT, async () => {
    const { name, url } = await newPage();
    const sizes = [...Array.from({ length: 12 }, () => 2 * MiB), 100 * MiB];
    const photos = await writeShoot({ folder: join(folder, 'closed'), seed: 'closed', sizes });
    const paths = photos.map(({ path }) => path);
    storageProxy.bandwidth = 30 * MiB;
    const before = storageProxy.counts.bytesIn;
    const first = await UploadPage.open(browser, url);
    await first.choose('files', paths);
    await first.sent(0.4);
    await first.close();
    storageProxy.bandwidth = undefined;
    const second = await UploadPage.open(browser, url);
    await second.choose('files', paths);
    const { failed, successful, skipped } = await second.summary();
    assert.deepEqual([failed, successful + skipped], [0, 13]);
    await assertWhole(api, name, photos);
    const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
    // Five transfers at once, of at most one file or part each.
    assert.ok(again <= 5 * 16 * MiB, `${again} bytes were sent again`);
    await second.close();
  });

  it('waits while it is paused, stops when it is told, and goes on from there', LIMIT, async () => {
    const { project, url } = await newPage();
    const sizes = Array.from({ length: 40 }, () => MiB);
    const photos = await writeShoot({ folder: join(folder, 'slow'), seed: 'slow', sizes });
    storageProxy.bandwidth = 4 * MiB;
    const page = await UploadPage.open(browser, url);
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    await page.button('Pause').click();
    await page.main.getByRole('heading', { name: 'Paused' }).waitFor();
    await page.assertAccessible('paused');
    await page.button('Go on').click();
    await page.main.getByRole('heading', { name: 'Uploading' }).waitFor();
    await page.button('Stop').click();
    await page.main.getByText('The upload was stopped.').first().waitFor();
    storageProxy.bandwidth = undefined;
    const begun = (await api.files(project)).filter(({ status }) => status === 'uploaded').length;
    assert.ok(begun < 40, `${begun} files`);
    await page.button(/^Try \d+ files again$/).click();
    assert.equal((await page.summary()).failed, 0);
    await page.main.getByText('All 40 files are stored and verified.').first().waitFor();
    for (const format of ['JSON', 'CSV', 'MHL']) {
      const receipt = page.page.waitForEvent('download');
      await page.button(`Receipt (${format})`).click();
      const text = await readFile(await (await receipt).path(), 'utf8');
      for (const photo of photos) assert.ok(text.includes(basename(photo.path)), `${format}: ${photo.path}`);
    }
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  it('survives a storage that fails, and a server that does not respond for a while', LIMIT, async () => {
    const { name, url } = await newPage();
    const photos = await writeShoot({ folder: join(folder, 'bad'), seed: 'bad', sizes: Array(20).fill(MiB) });
    storageProxy.inject({ fault: { kind: 'answer', answer: slowDown }, match: isPut, chance: 0.3, times: 10 });
    storageProxy.inject({ fault: { kind: 'reset', afterBytes: 'anywhere' }, match: isPut, chance: 0.2, times: 5 });
    apiProxy.inject({ fault: { kind: 'lose-answer' }, match: ({ method }) => method === 'POST', times: 1 });
    const page = await UploadPage.open(browser, url);
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    assert.deepEqual([(await page.summary()).failed], [0]);
    await assertWhole(api, name, photos);
    await page.close();
  });

  it('says in a sentence why a link does not work, and which files it does not take', LIMIT, async () => {
    const none = await UploadPage.open(browser, `${apiProxy.url}/upload`);
    await none.main.getByText('This address has no upload link.').waitFor();
    await none.assertAccessible('without a token');
    await none.close();

    const { project, token, url } = await newPage({ allowed_names: ['*.NEF'], max_files: 2 });
    const photos = await writeShoot({ folder: join(folder, 'names'), seed: 'n', sizes: [9], extension: '.JPG' });
    const page = await UploadPage.open(browser, url);
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    const { failed, results } = await page.summary();
    assert.deepEqual([failed, results[0]?.reason], [1, 'refused']);
    await api.delete(`${project}/upload_tokens/${token.token_id}`);
    await page.page.reload();
    await page.main.getByText('This link does not work any more.').waitFor();
    await page.assertAccessible('revoked');
    await page.close();

    apiProxy.inject({
      fault: { kind: 'answer', answer: { status: 503 } },
      match: ({ path }) => path === '/v1/upload_token',
      times: 1,
    });
    const other = await newPage();
    const away = await UploadPage.open(browser, other.url);
    await away.main.getByText('The server cannot be reached.').waitFor();
    await away.button('Try again').click();
    await away.main.getByText('Upload photos to').waitFor();
    assert.deepEqual(away.complaints, []);
    await away.close();
  });

  it('speaks the language of the browser, and works on an address without https', LIMIT, async () => {
    const { name, url } = await newPage();
    const photos = await writeShoot({ folder: join(folder, 'plain'), seed: 'plain', sizes: [MiB, 10] });
    const page = await UploadPage.open(browser, url.replace('127.0.0.1', 'lab.example'), { locale: 'de-AT' });
    assert.equal(await page.page.evaluate(() => window.isSecureContext), false);
    await page.main.getByText(`Fotos hochladen zu ${name}`).waitFor();
    await page.choose(
      'files',
      photos.map(({ path }) => path),
    );
    await page.summary();
    await page.main.getByText('Alle 2 Dateien sind gespeichert und geprüft.').first().waitFor();
    await assertWhole(api, name, photos);
    assert.deepEqual(page.complaints, []);
    await page.close();
  });

  it('is used by keyboard alone', LIMIT, async () => {
    const { url } = await newPage();
    const page = await UploadPage.open(browser, url);
    await page.button('Choose files').waitFor();
    const chosen = page.page.waitForEvent('filechooser');
    await page.page.keyboard.press('Tab');
    await page.main.locator('button:focus', { hasText: 'Choose files' }).waitFor();
    await page.page.keyboard.press('Enter');
    const chooser = await chosen;
    const [photo] = await writeShoot({ folder: join(folder, 'keys'), seed: 'keys', sizes: [1000] });
    await chooser.setFiles(photo?.path ?? '');
    assert.equal((await page.summary()).successful, 1);
    const reached: string[] = [];
    for (let at = 0; at < 6; at++) {
      await page.page.keyboard.press('Tab');
      reached.push(
        await page.page.evaluate(() => {
          const inner = document.querySelector('darkslide-uploader')?.shadowRoot?.activeElement;
          const focused = inner?.shadowRoot?.activeElement ?? inner;
          return focused?.getAttribute('aria-label') ?? focused?.textContent?.trim() ?? '';
        }),
      );
    }
    for (const name of ['Choose a folder', 'Files']) assert.ok(reached.includes(name), `${name}: ${reached}`);
    await page.close();
  });

  it('is itself no secret, says what it may load, and is checked for changes', async () => {
    const response = await api.get('/upload');
    assert.equal(response.status, 200);
    const policy = response.headers['content-security-policy'] ?? '';
    assert.match(String(policy), /default-src 'none'.*require-trusted-types-for 'script'/);
    assert.doesNotMatch(String(policy), /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|\*/);
    const again = await fetch(`${apiProxy.url}/upload`, {
      headers: { 'if-none-match': String(response.headers.etag) },
    });
    assert.equal(again.status, 304);
    assert.equal((await api.get('/upload/secrets.js')).status, 404);
    const moved = await fetch(`${apiProxy.url}/upload/`, { redirect: 'manual' });
    assert.deepEqual([moved.status, moved.headers.get('location')], [308, '../upload']);
  });
});
