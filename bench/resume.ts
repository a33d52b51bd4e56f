import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultProxy, temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { assertArrived } from './support/arrived.ts';
import { MB } from './support/cost.ts';
import { watchLoad } from './support/load.ts';
import { type Command, measureCommand } from './support/measure-command.ts';
import { makePhotoSet } from './support/photo-set.ts';
import { startProxiedServer } from './support/proxied-server.ts';
import { darkslideUpload } from './support/upload-commands.ts';

export const description =
  '4 files of 500 MB to the embedded store; our client is killed at half of them and run again';
export const target = 'bytes sent again at most one part for every transfer that was in flight';

const COUNT = 4;
const SIZE = 500 * MB;

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  await using set = await makePhotoSet({ count: COUNT, size: SIZE });
  await using state = await temporaryFolder('darkslide-bench-state');
  await using proxied = await startProxiedServer({ seed: 1 });
  const { server, proxy, s3 } = proxied;
  const { apiUrl, apiKey } = server;
  const upload = darkslideUpload({ apiUrl, apiKey, folder: set.folder, project: 'bench', state: state.path });
  await set.warm();

  await killWhen(() => proxy.counts.bytesIn >= set.bytes / 2, upload);
  const first = proxy.counts.bytesIn;
  const inFlight = putsOf(proxy).filter(({ status }) => status !== 200).length;
  const { seconds } = await measureCommand(upload);
  await assertArrived({ s3, set, side: 'darkslide' });

  const part = Math.max(...putsOf(proxy).map(({ bytesIn }) => bytesIn));
  const again = proxy.counts.bytesIn - set.bytes;
  const inMb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
  return {
    rows: [
      { side: 'until killed', figure: `${inMb(first)} sent, ${inFlight} transfers in flight` },
      { side: 'run again', figure: `${inMb(proxy.counts.bytesIn - first)} sent in ${seconds.toFixed(1)} s` },
      { side: 'sent twice', figure: `${inMb(again)}; the largest part has ${inMb(part)}` },
      load(),
    ],
    ratios: [{ name: 'parts sent again / transfers in flight', value: again / part / inFlight, atMost: 1 }],
  };
}

/** Starts a program and kills it, as a power cut would, once this holds. @throws {Error} when it ends before. */
async function killWhen(holds: () => boolean, { command, args, env }: Command): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const closed = once(child, 'close');
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`The upload ended with ${child.exitCode} before it could be killed.`);
    await sleep(5);
  }
  child.kill('SIGKILL');
  await closed;
}

const putsOf = ({ log }: FaultProxy) => log.filter(({ method }) => method === 'PUT');
