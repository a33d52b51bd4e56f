import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { measureResume, type Sending } from './support/measure-resume.ts';
import { Chromium } from './support/web/chromium.ts';
import { addressOf, endOf, inputOf, openMeasured } from './support/web/sides.ts';

export const description =
  '4 files of 500 MB from Chromium to the embedded store; the browser is killed at half of them and started again';
export const target = 'bytes sent again at most one part for every transfer that was in flight';

export async function run(): Promise<Measurement> {
  await using profile = await temporaryFolder('darkslide-bench-profile');
  let address = '';
  const choose = async (browser: Chromium, { set }: Sending) => {
    const tab = await openMeasured(browser, address);
    await tab.choose(
      inputOf('files'),
      set.photos.map(({ path }) => path),
    );
    return tab;
  };
  return measureResume({
    async sendHalf(sending) {
      address = await addressOf('darkslide', { server: sending.server, origin: '' });
      await using browser = await Chromium.start({ profile: profile.path });
      await choose(browser, sending);
      while (!sending.isHalf()) await sleep(5);
      await browser.kill();
    },
    async sendRest(sending) {
      await using browser = await Chromium.start({ profile: profile.path });
      const { files, seconds } = await endOf(await choose(browser, sending));
      assert.equal(files, sending.set.photos.length);
      return seconds;
    },
  });
}
