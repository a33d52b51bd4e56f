import assert from 'node:assert/strict';
import { mkdir, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Darkslide, temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { peakMegabytes } from './support/peak-memory.ts';
import { Chromium, type Tab } from './support/web/chromium.ts';
import { addressOf, endOf, inputOf, openMeasured } from './support/web/sides.ts';

const COUNT = 4000;
const SIZE = 5 * MB;
const MOST_HEAP_BYTES = 1500;
const MOST_MEGABYTES = 150;

export const description = `${COUNT} sparse files of ${SIZE / MB} MB, 20 GB, from Chromium to the embedded store`;
export const target =
  `at most ${MOST_HEAP_BYTES} bytes of heap a listed file, ${MOST_MEGABYTES} MB above the idle page, ` +
  'and no object URL left';

const COUNT_URLS = `
  globalThis.objectUrls = 0;
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => { objectUrls += 1; return createObjectURL.call(URL, blob); };
  URL.revokeObjectURL = (url) => { objectUrls -= 1; revokeObjectURL.call(URL, url); };
`;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using folder = await temporaryFolder('darkslide-bench-memory');
  const paths = await writeSparse(join(folder.path, 'DCIM'));
  const server = await Darkslide.start();
  try {
    await using browser = await Chromium.start();
    const tab = await openMeasured(browser, await addressOf('darkslide', { server, origin: '' }), COUNT_URLS);
    const heap = await watchHeap(browser, tab);
    const idle = await peaks(browser);
    // The first file starts the workers, whose own heap is not that of a file.
    await tab.choose(inputOf('files'), paths.slice(0, 1));
    await endOf(tab);
    const started = await heap();
    await tab.evaluate('began = ended = undefined');
    await tab.choose(inputOf('files'), paths.slice(1));
    const { files, seconds } = await endOf(tab);
    assert.equal(files, COUNT - 1);
    const heapBytes = ((await heap()) - started) / files;
    const megabytes = Math.max(...[...(await peaks(browser))].map(([pid, peak]) => peak - (idle.get(pid) ?? 0)));
    const urls = await tab.evaluate<number>('objectUrls');
    return {
      rows: [
        { side: 'heap a file', figure: `${heapBytes.toFixed(0)} bytes, of the page and its workers` },
        {
          side: 'peak memory',
          figure: `${megabytes.toFixed(0)} MB above the idle page, of the process that grew most`,
        },
        { side: 'object URLs', figure: `${urls} left` },
        { side: 'upload', figure: `${seconds.toFixed(0)} s, ${((COUNT * SIZE) / MB / seconds).toFixed(0)} MB/s` },
        load(),
      ],
      ratios: [
        { name: `heap a file, of ${MOST_HEAP_BYTES} bytes`, value: heapBytes / MOST_HEAP_BYTES, atMost: 1 },
        { name: `memory, of ${MOST_MEGABYTES} MB`, value: megabytes / MOST_MEGABYTES, atMost: 1 },
        { name: 'object URLs', value: urls, atMost: 0 },
      ],
    };
  } finally {
    await server.remove();
  }
}

/** Bytes that are in use after a collection, in the page and its workers. */
async function watchHeap(browser: Chromium, tab: Tab): Promise<() => Promise<number>> {
  const sessions = new Set([tab.sessionId]);
  browser.onEvent(({ method, params }) => {
    if (method === 'Target.attachedToTarget') sessions.add(params.sessionId ?? '');
    if (method === 'Target.detachedFromTarget') sessions.delete(params.sessionId ?? '');
  });
  await tab.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
  return async () => {
    let bytes = 0;
    for (const session of sessions) {
      await browser.send('HeapProfiler.collectGarbage', {}, session);
      bytes += (await browser.send<{ usedSize: number }>('Runtime.getHeapUsage', {}, session)).usedSize;
    }
    return bytes;
  };
}

/** The most memory that each process of the browser ever had, in MB. */
async function peaks(browser: Chromium): Promise<Map<number, number>> {
  const processes = await browser.processes();
  return new Map(await Promise.all(processes.map(async ({ pid }) => [pid, await peakMegabytes({ pid })] as const)));
}

async function writeSparse(folder: string): Promise<string[]> {
  await mkdir(folder);
  const paths = Array.from({ length: COUNT }, (_, index) => join(folder, `DSC_${String(index).padStart(4, '0')}.NEF`));
  for (const path of paths) {
    await (await open(path, 'w')).close();
    await truncate(path, SIZE);
  }
  return paths;
}
