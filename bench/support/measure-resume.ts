import type { FaultProxy } from '@darkslide/testkit';
import type { Measurement } from '../run.ts';
import { assertArrived } from './arrived.ts';
import { MB } from './cost.ts';
import { watchLoad } from './load.ts';
import { makePhotoSet, type PhotoSet } from './photo-set.ts';
import { startProxiedServer } from './proxied-server.ts';

const COUNT = 4;
const SIZE = 500 * MB;

export type Sending = {
  server: { apiUrl: string; apiKey: string };
  set: PhotoSet;
  isHalf: () => boolean;
};

/**
 * 4 files of 500 MB to the embedded store, by a sender that dies at half of them and is started again.
 * @param sendHalf ends when the sender is dead. @param sendRest returns how many seconds it took.
 */
export async function measureResume({
  sendHalf,
  sendRest,
}: {
  sendHalf: (sending: Sending) => Promise<void>;
  sendRest: (sending: Sending) => Promise<number>;
}): Promise<Measurement> {
  const load = watchLoad();
  await using set = await makePhotoSet({ count: COUNT, size: SIZE });
  await using proxied = await startProxiedServer({ seed: 1 });
  const { server, proxy, s3 } = proxied;
  const sending = { server, set, isHalf: () => proxy.counts.bytesIn >= set.bytes / 2 };
  await set.warm();

  await sendHalf(sending);
  const first = proxy.counts.bytesIn;
  const inFlight = putsOf(proxy).filter(({ status }) => status !== 200).length;
  const seconds = await sendRest(sending);
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

const putsOf = ({ log }: FaultProxy) => log.filter(({ method }) => method === 'PUT');
