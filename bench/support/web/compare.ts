import assert from 'node:assert/strict';
import type { Measurement } from '../../run.ts';
import { type Cost, describeCost, interleave, MB } from '../cost.ts';
import { watchLoad } from '../load.ts';
import { measureUpload } from '../measure-upload.ts';
import { peakMegabytes } from '../peak-memory.ts';
import { makePhotoSet, type PhotoSet } from '../photo-set.ts';
import { Chromium } from './chromium.ts';
import { type PeerPages, servePeerPages } from './pages.ts';
import { addressOf, endOf, inputOf, openMeasured, type Side } from './sides.ts';

const ROUNDS = 3;

/** Our page and those of the peers send the same photos to the embedded store, each from a new browser. */
export async function compareInBrowser({ count, size }: { count: number; size: number }): Promise<Measurement> {
  const load = watchLoad();
  await using set = await makePhotoSet({ count, size });
  await using pages = await servePeerPages();
  const measure = (side: Side) => () => measureInBrowser(side, { set, pages });
  const costs = await interleave(
    { darkslide: measure('darkslide'), uppy: measure('uppy'), 'bare-loop': measure('bare-loop') },
    { rounds: ROUNDS },
  );
  const ahead = (peer: Side, atLeast: number) => ({
    name: `throughput, darkslide / ${peer}`,
    value: costs[peer].seconds / costs.darkslide.seconds,
    atLeast,
  });
  return {
    rows: [
      ...Object.entries(costs).map(([side, cost]) => ({
        side,
        figure: describeCost(cost, { files: count, bytes: set.bytes }),
      })),
      load(),
    ],
    ratios: [ahead('uppy', 1), ahead('bare-loop', 0.9)],
  };
}

function measureInBrowser(side: Side, { set, pages }: { set: PhotoSet; pages: PeerPages }): Promise<Cost> {
  const { origin } = pages;
  return measureUpload({
    side,
    set,
    // The server reads photos after they have arrived; here that would count for some sides only.
    env: { DARKSLIDE_ALLOWED_ORIGINS: origin, DARKSLIDE_READ_PHOTOS: 'false' },
    async upload(server) {
      await using browser = await Chromium.start();
      const tab = await openMeasured(browser, await addressOf(side, { server, origin }));
      const before = await browser.processes();
      await tab.choose(
        inputOf('files'),
        set.photos.map(({ path }) => path),
      );
      const { files, seconds } = await endOf(tab);
      assert.equal(files, set.photos.length, `${side}: of ${set.photos.length} photos, ${files} are uploaded`);
      const after = await browser.processes();
      const megabytes = await Promise.all(after.map(peakMegabytes));
      return { seconds, cpuSeconds: cpuOf(after) - cpuOf(before), peakBytes: Math.max(...megabytes) * MB };
    },
  });
}

const cpuOf = (processes: readonly { cpuSeconds: number }[]) =>
  processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
