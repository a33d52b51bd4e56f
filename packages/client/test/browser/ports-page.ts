/// <reference lib="dom" />
/**
 * The page in which the ports of a browser run the suites that those of Node run. The server that serves it has the
 * disk, the picker of files, and the other end of connections.
 */

import { systemClock } from '../../src/base/system-clock.ts';
import { createBlobSource } from '../../src/browser/blob-source.ts';
import { createDatabaseMemory } from '../../src/browser/database-memory.ts';
import { Md5Pool } from '../../src/browser/md5-pool.ts';
import { createBrowserTransport } from '../../src/browser/xhr-transport.ts';
import { describeClock } from '../conformance/clock.ts';
import { describeMemory } from '../conformance/memory.ts';
import { describeSource, type Tells } from '../conformance/source.ts';
import { describeTransport } from '../conformance/transport.ts';
import type { FakeRequest, FakeServer } from '../fakes/fake-transport.ts';
import { runAll } from './test.ts';

const post = async (path: string, body?: Uint8Array | string): Promise<Response> => {
  const response = await fetch(path, { method: 'POST', body: (body ?? null) as BodyInit | null });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return response;
};

let count = 0;
const pool = new Md5Pool();

/** Decides what the server returns in the name of a fake one, until that is closed. */
async function playServer(id: string, fake: FakeServer, closed: AbortSignal): Promise<void> {
  while (!closed.aborted) {
    const asked = await fetch(`/servers/${id}/ask`, { signal: closed });
    const { ask, phase, request } = JSON.parse(asked.headers.get('x-ask') ?? '{}') as {
      ask: number;
      phase: 'head' | 'answer';
      request: FakeRequest;
    };
    const body = new Uint8Array(await asked.arrayBuffer());
    const answer = phase === 'head' ? fake.head?.(request) : fake.answer(request, body);
    await post(`/servers/${id}/answers/${ask}`, JSON.stringify(answer ?? null));
  }
}

async function pick(id: number): Promise<File> {
  const input = document.querySelector('input') as HTMLInputElement;
  input.value = '';
  await post(`/files/${id}/choose`);
  const [file] = input.files ?? [];
  if (!file) throw new Error('no file was chosen');
  return file;
}

function describeAll(tells: Omit<Tells, 'quietly'>): void {
  describeClock('the clock', () => ({ clock: systemClock, run: (wait) => wait }));
  describeMemory('the memory in the database', async () => {
    const memory = createDatabaseMemory();
    // A page has one database, with what the test before left there.
    for (const scope of ['one', 'two']) await memory.replace(scope, []);
    return memory;
  });
  describeSource(
    'a file that was chosen',
    async (bytes) => {
      count += 1;
      const id = count;
      const write = async (changed: Uint8Array) => void (await post(`/files/${id}/write`, changed));
      await write(bytes);
      const file = await pick(id);
      return {
        source: createBlobSource({ file, path: file.name, pool }),
        write,
        writeQuietly: write,
        remove: async () => void (await post(`/files/${id}/remove`)),
        [Symbol.asyncDispose]: async () => void (await post(`/files/${id}/remove`)),
      };
    },
    { ...tells, quietly: null },
  );
  describeTransport('the transport', async (fake) => {
    const asked = await post(`/servers?head=${fake.head ? 1 : 0}`);
    const { id, url, nowhere } = (await asked.json()) as { id: string; url: string; nowhere: string };
    const closed = new AbortController();
    playServer(id, fake, closed.signal).catch(() => {});
    return {
      transport: createBrowserTransport(),
      ...{ url, nowhere, inBrowser: true },
      run: (wait) => wait,
      async [Symbol.asyncDispose]() {
        closed.abort();
        await post(`/servers/${id}/close`);
      },
    };
  });
}

Object.assign(globalThis, {
  outcomes: undefined,
  begin(tells: Parameters<typeof describeAll>[0]) {
    describeAll(tells);
    runAll().then((outcomes) => Object.assign(globalThis, { outcomes }));
    return true;
  },
});
