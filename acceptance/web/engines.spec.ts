import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BROWSERS, slowDown, type Tab, writeShoot } from '@darkslide/testkit';
import { PROFILE, uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf } from '../support/shoots.ts';
import type { PageSummary } from '../support/upload-page.ts';
import { mintToken } from '../support/upload-tokens.ts';

const { api, apiProxy, storageProxy, folder, remove } = await startProxied();
after(remove);
afterEach(() => {
  apiProxy.heal();
  storageProxy.heal();
  storageProxy.bandwidth = undefined;
});

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const RUN_MS = 120_000;
const ELEMENT = "document.querySelector('darkslide-uploader')";
const isPut = ({ method }: { method: string }) => method === 'PUT';

async function until<T>(what: string, look: () => Promise<T | null | false>): Promise<T> {
  for (const end = Date.now() + RUN_MS; Date.now() < end; await sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`${what}: not within ${RUN_MS / 1000} s`);
}

/** A new project, and its upload page in the tab. */
async function openPage(tab: Tab) {
  const name = uniqueName();
  const project = await api.newProject(PROFILE, name);
  const { token } = await mintToken(api, project);
  const url = `${apiProxy.url}/upload#${token}`;
  await visit(tab, url);
  return { name, url };
}

/** A reload, where the tab shows the address already: a fragment alone loads nothing. */
async function visit(tab: Tab, url: string): Promise<void> {
  await tab.goto('about:blank');
  await tab.goto(url);
  await until('the page', () => tab.evaluate<boolean>(`!!${ELEMENT}?.shadowRoot?.querySelector('input[name=files]')`));
  await tab.evaluate(
    "(window.ended = [], window.addEventListener('darkslide-summary', ({ detail }) => window.ended.push(detail)), 0)",
  );
}

const choose = (tab: Tab, photos: readonly { path: string }[]) =>
  tab.chooseFiles(
    `${ELEMENT}.shadowRoot.querySelector('input[name=files]')`,
    photos.map(({ path }) => path),
  );

async function summaryOf(tab: Tab): Promise<PageSummary> {
  return JSON.parse(
    await until('the summary', () =>
      tab.evaluate<string>('JSON.stringify(window.ended[0] ?? 0)').then((text) => text !== '0' && text),
    ),
  );
}

const textOf = (tab: Tab) => tab.evaluate<string>(`${ELEMENT}.shadowRoot.textContent.replace(/\\s+/g, ' ')`);

for (const [engine, start] of Object.entries(BROWSERS)) {
  describe(`the upload page in ${engine}`, async () => {
    const tab = await start();
    after(() => tab.close());

    it('sends files whole and in parts, and says that they are stored', LIMIT, async () => {
      const { name } = await openPage(tab);
      const sizes = [3 * MiB, 1, 70 * MiB, 200_000];
      const photos = await writeShoot({ folder: join(folder, `${engine}-few`), seed: `${engine} few`, sizes });
      await choose(tab, photos);
      const { successful, failed, bytes } = await summaryOf(tab);
      assert.deepEqual([successful, failed, bytes], [4, 0, sizeOf(photos)]);
      assert.match(await textOf(tab), /All 4 files are stored and verified\./);
      assert.ok(((await assertWhole(api, name, photos)).get('DSC_0003.NEF') ?? 0) > 1, 'in parts');
    });

    it('goes on after a reload: only what storage does not hold is sent', LIMIT, async () => {
      const { name, url } = await openPage(tab);
      const sizes = [...Array.from({ length: 10 }, () => 2 * MiB), 80 * MiB];
      const photos = await writeShoot({ folder: join(folder, `${engine}-again`), seed: `${engine} again`, sizes });
      const before = storageProxy.counts.bytesIn;
      storageProxy.bandwidth = 20 * MiB;
      await choose(tab, photos);
      await until('40% to be sent', () =>
        tab.evaluate<boolean>(`${ELEMENT}.shadowRoot.querySelector('progress')?.value > 0.4`),
      );
      storageProxy.bandwidth = undefined;
      await visit(tab, url);
      await choose(tab, photos);
      const { failed, successful, skipped } = await summaryOf(tab);
      assert.deepEqual([failed, successful + skipped], [0, 11]);
      await assertWhole(api, name, photos);
      const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
      assert.ok(again <= 5 * 16 * MiB, `${again} bytes were sent again`);
    });

    it('survives a storage that fails, and a server that does not respond for a while', LIMIT, async () => {
      const { name } = await openPage(tab);
      const sizes = Array.from({ length: 12 }, () => MiB);
      const photos = await writeShoot({ folder: join(folder, `${engine}-bad`), seed: `${engine} bad`, sizes });
      storageProxy.inject({ fault: { kind: 'answer', answer: slowDown }, match: isPut, chance: 0.3, times: 8 });
      storageProxy.inject({ fault: { kind: 'reset', afterBytes: 'anywhere' }, match: isPut, chance: 0.2, times: 4 });
      apiProxy.inject({ fault: { kind: 'lose-answer' }, match: ({ method }) => method === 'POST', times: 1 });
      await choose(tab, photos);
      assert.equal((await summaryOf(tab)).failed, 0);
      await assertWhole(api, name, photos);
    });
  });
}
