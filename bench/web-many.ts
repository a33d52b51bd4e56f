import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Darkslide, temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { watchLoad } from './support/load.ts';
import { Chromium } from './support/web/chromium.ts';
import { servePeerPages } from './support/web/pages.ts';
import { addressOf, inputOf, openMeasured, until } from './support/web/sides.ts';

const FOLDERS = 200;
const FILES_PER_FOLDER = 100;
/** The engine takes the files after they are listed. */
const SETTLE_MS = 12_000;
/** Who takes longer than this is not waited for. */
const PATIENCE_MS = 60_000;
const COUNT = FOLDERS * FILES_PER_FOLDER;

export const description = `a folder of ${COUNT} files in ${FOLDERS} folders is chosen in our page, and in Uppy's dashboard`;
export const target = 'the first row after 300 ms at most, all after 3 s at most, and no task over 50 ms';

/** All in milliseconds since the choice. */
type Listed = { firstRowMs: number; allMs: number; longestTaskMs: number };

/** How the page of a side shows a row, and how many rows it says to have. */
const ROWS = {
  darkslide: {
    row: `document.querySelector('darkslide-uploader')?.shadowRoot?.querySelector('darkslide-file-list')?.shadowRoot
      ?.querySelector('[aria-setsize]')`,
    count: `Number(row.getAttribute('aria-setsize'))`,
  },
  uppy: { row: `document.querySelector('.uppy-Dashboard-Item')`, count: 'globalThis.filesAdded ?? 0' },
};

/**
 * Looks in every frame, and notes what the browser calls a long task: one over 50 ms. The task that tells the page of a
 * choice begins with seconds in which the browser makes 20,000 files of it, for each page alike; they do not count.
 */
const watchRows = ({ row, count }: { row: string; count: string }) => `
  globalThis.listed = { longestTaskMs: 0 };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      const ours = startTime + duration - Math.max(startTime, globalThis.began ?? Infinity);
      listed.longestTaskMs = Math.max(listed.longestTaskMs, ours);
    }
  }).observe({ type: 'longtask' });
  const look = () => {
    const row = globalThis.began !== undefined && ${row};
    if (row) listed.firstRowMs ??= performance.now() - began;
    if (row && ${count} === ${COUNT}) listed.allMs = performance.now() - began;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using folder = await temporaryFolder('darkslide-bench-many');
  await writeTree(folder.path);
  await using pages = await servePeerPages();
  const server = await Darkslide.start({ env: { DARKSLIDE_ALLOWED_ORIGINS: pages.origin } });
  try {
    const list = (side: keyof typeof ROWS) => listFolder(side, { server, origin: pages.origin, folder: folder.path });
    const [ours, uppy] = [await list('darkslide'), await list('uppy')];
    if (!ours) throw new Error('Our own page was not measured.');
    return {
      rows: [{ side: 'darkslide', figure: figureOf(ours) }, { side: 'uppy', figure: figureOf(uppy) }, load()],
      ratios: [
        { name: 'first row, of 300 ms', value: ours.firstRowMs / 300, atMost: 1 },
        { name: 'all rows, of 3 s', value: ours.allMs / 3000, atMost: 1 },
        { name: 'longest task, of 50 ms', value: ours.longestTaskMs / 50, atMost: 1 },
        { name: 'all rows, darkslide / uppy', value: ours.allMs / (uppy?.allMs ?? PATIENCE_MS), atMost: 1 },
      ],
    };
  } finally {
    await server.remove();
  }
}

function figureOf(listed: Listed | undefined): string {
  if (!listed) return `does not respond within ${PATIENCE_MS / 1000} s`;
  const { firstRowMs, allMs, longestTaskMs } = listed;
  return `first row ${firstRowMs.toFixed(0)} ms, all ${allMs.toFixed(0)} ms, longest task ${longestTaskMs.toFixed(0)} ms`;
}

async function listFolder(
  side: keyof typeof ROWS,
  { server, origin, folder }: { server: Darkslide; origin: string; folder: string },
): Promise<Listed | undefined> {
  const address = await addressOf(side, { server, origin }, { list: 'yes' });
  await using browser = await Chromium.start();
  const tab = await openMeasured(browser, address, watchRows(ROWS[side]));
  await tab.choose(inputOf('folder'), [folder]);
  try {
    await until(`all rows of ${side}`, () => tab.evaluate<boolean>('listed.allMs > 0'), { timeoutMs: PATIENCE_MS });
  } catch (error) {
    if (side === 'darkslide') throw error;
    return undefined;
  }
  await sleep(SETTLE_MS);
  return await tab.evaluate<Listed>('listed');
}

async function writeTree(root: string): Promise<void> {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const path = join(root, `${100 + folder}NIKON`);
    await mkdir(path);
    for (let file = 0; file < FILES_PER_FOLDER; file += 1) {
      const number = String(folder * FILES_PER_FOLDER + file).padStart(5, '0');
      await writeFile(join(path, `DSC_${number}.NEF`), `photo ${number}`);
    }
  }
}
