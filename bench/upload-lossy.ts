import assert from 'node:assert/strict';
import { temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { assertArrived } from './support/arrived.ts';
import { MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { type Command, measureCommand } from './support/measure-command.ts';
import { makePhotoSet, type PhotoSet } from './support/photo-set.ts';
import { type ProxiedServer, startProxiedServer } from './support/proxied-server.ts';
import { readSummary } from './support/summary.ts';
import { darkslideUpload, vendorUpload } from './support/upload-commands.ts';

export const description =
  '100 files of 30 MB to the embedded store at 20 MB/s, 1% of the requests reset somewhere in their body; ' +
  "the vendor's way, which does not try again, with 25 of them";
export const target = 'everything arrives, with at most 1.1 times its bytes sent';

const COUNT = 100;
const VENDOR_COUNT = 25;
const SIZE = 30 * MB;
const BYTES_PER_SECOND = 20 * MB;
const RESET_CHANCE = 0.01;
/** Draws a reset among the first 25 requests, so that both sides meet one. */
const SEED = 23;

type Outcome = {
  files: number;
  failed: number;
  resets: number;
  /** Of photos, as the proxy saw them leave the client. */
  bytesSent: number;
  seconds: number;
  peakBytes: number;
};

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const ours = await sendOurs();
  const vendor = await sendAsVendor();
  return {
    rows: [{ side: 'ours', figure: describe(ours) }, { side: 'vendor', figure: describe(vendor) }, load()],
    ratios: [
      { name: 'bytes sent / stored, ours', value: overhead(ours), atMost: 1.1 },
      { name: 'bytes sent / stored, vendor', value: overhead(vendor) },
    ],
  };
}

async function sendOurs(): Promise<Outcome> {
  await using set = await makePhotoSet({ count: COUNT, size: SIZE });
  await using lossy = await startLossy();
  await using state = await temporaryFolder('darkslide-bench-state');
  const { apiUrl, apiKey } = lossy.server;
  const upload = { apiUrl, apiKey, folder: set.folder, project: 'bench', state: state.path };
  const outcome = await send(darkslideUpload(upload), { set, lossy });
  await assertArrived({ s3: lossy.s3, set, side: 'ours' });
  return outcome;
}

async function sendAsVendor(): Promise<Outcome> {
  await using set = await makePhotoSet({ count: VENDOR_COUNT, size: SIZE });
  await using lossy = await startLossy();
  const { apiUrl, apiKey } = lossy.server;
  return await send(vendorUpload({ apiUrl, apiKey, folder: set.folder, project: 'bench' }), { set, lossy });
}

async function startLossy(): Promise<ProxiedServer> {
  const server = await startProxiedServer({ seed: SEED });
  server.proxy.bandwidth = BYTES_PER_SECOND;
  server.proxy.inject({ fault: { kind: 'reset', afterBytes: 'anywhere' }, chance: RESET_CHANCE });
  return server;
}

async function send(
  command: Command,
  { set, lossy: { proxy } }: { set: PhotoSet; lossy: ProxiedServer },
): Promise<Outcome> {
  await set.warm();
  const { seconds, peakBytes, stdout } = await measureCommand(command);
  const { bytesIn: bytesSent, faults: resets } = proxy.counts;
  assert.ok(resets > 0, 'no request was reset: choose another seed');
  return { files: set.photos.length, failed: readSummary(stdout).failed, resets, bytesSent, seconds, peakBytes };
}

const overhead = ({ bytesSent, files, failed }: Outcome) => bytesSent / ((files - failed) * SIZE);

function describe({ files, failed, resets, bytesSent, seconds, peakBytes }: Outcome): string {
  const arrived = `${files - failed} of ${files} arrived`;
  const sent = `${(bytesSent / MB).toFixed(0)} MB sent in ${seconds.toFixed(0)} s, requests reset: ${resets}`;
  return `${arrived}, ${sent}, ${(peakBytes / MB).toFixed(0)} MB of memory`;
}
