import { systemClock } from '../../src/base/system-clock.ts';
import { API, API_KEY, FakeCloud, STORAGE } from './fake-cloud.ts';
import type { FakeServer } from './fake-transport.ts';
import { serveFake } from './http-server.ts';

export type ServedCloud = { cloud: FakeCloud; url: string; apiKey: string; close(): Promise<void> };

/** The fake cloud over real HTTP: API and storage on ports of their own. */
export async function serveCloud(): Promise<ServedCloud> {
  // The links need the port, and the port needs the cloud: what is asked goes to whichever cloud is there by then.
  let cloud: FakeCloud | undefined;
  const server: FakeServer = {
    head: (request) => cloud?.head(request),
    answer: (request, body) => cloud?.answer(request, body) ?? { fault: 'reset' },
  };
  const storage = await serveFake(server, { origin: () => STORAGE });
  const api = await serveFake(server, { origin: () => API });
  cloud = new FakeCloud({ clock: systemClock, storageUrl: storage.url });
  return {
    cloud,
    url: api.url,
    apiKey: API_KEY,
    async close() {
      await Promise.all([api.close(), storage.close()]);
    },
  };
}
