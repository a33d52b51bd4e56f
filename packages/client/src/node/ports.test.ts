import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { describeClock } from '../../test/conformance/clock.ts';
import { describeMemory } from '../../test/conformance/memory.ts';
import { describeSource } from '../../test/conformance/source.ts';
import { describeTransport } from '../../test/conformance/transport.ts';
import { createFakeTransport } from '../../test/fakes/fake-transport.ts';
import { serveFake } from '../../test/fakes/http-server.ts';
import { MemoryMemory } from '../../test/fakes/memory-memory.ts';
import { MemoryFile } from '../../test/fakes/memory-source.ts';
import { VirtualClock } from '../../test/fakes/virtual-clock.ts';
import { systemClock } from '../base/system-clock.ts';
import { createFileMemory, MAX_MEMORY_BYTES } from './file-memory.ts';
import { createFileSource, statFile } from './file-source.ts';
import { createNodeTransport } from './http-transport.ts';
import { Md5Pool } from './md5-pool.ts';

let folder = '';
let count = 0;
const pool = new Md5Pool();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkslide-client-'));
});
after(async () => {
  pool.close();
  await rm(folder, { recursive: true });
});

describeClock('the clock of the system', () => ({ clock: systemClock, run: (wait) => wait }));
describeClock('the virtual clock', () => {
  const clock = new VirtualClock();
  return { clock, run: (wait) => clock.run(wait) };
});

describeMemory('the memory in files', async () => createFileMemory(join(folder, `state-${++count}`)));
test('the memory in files is bounded, also while it is read', async () => {
  const state = join(folder, 'bounded');
  const memory = createFileMemory(state);
  await memory.append('one', ['a']);
  const [file] = await readdir(state);
  const path = join(state, file as string);
  await truncate(path, 4 * 1024 ** 3);
  assert.deepEqual(await memory.load('one'), [], 'what is too large is forgotten unread');
  await memory.append('one', ['b']);
  assert.deepEqual(await memory.load('one'), ['b']);
  await truncate(path, MAX_MEMORY_BYTES - 3);
  await memory.append('one', ['c']);
  assert.equal((await stat(path)).size, MAX_MEMORY_BYTES);
  await memory.append('one', ['d']);
  assert.equal((await stat(path)).size, MAX_MEMORY_BYTES);
  assert.equal((await memory.load('one')).at(-1), 'c');
});

const noSuchFolders = process.platform === 'win32' && 'Windows has no /proc and no /dev/null';

test('a folder that cannot be made is an error', { skip: noSuchFolders, timeout: 60_000 }, async () => {
  for (const folder of ['/proc/nonexistent/.local/state', '/dev/null/.local/state']) {
    const append = createFileMemory(folder).append('one', ['a']);
    await assert.rejects(append);
  }
});

describeMemory('the memory of tests', async () => new MemoryMemory());

describeSource('a file on disk', async (bytes) => {
  const path = join(folder, `photo-${++count}.NEF`);
  await writeFile(path, bytes);
  const putTimeBack = () => utimes(path, 1_700_000_000, 1_700_000_000);
  await putTimeBack();
  return {
    source: createFileSource({ path, pool, ...(await statFile(path)) }),
    write: (changed) => writeFile(path, changed),
    writeQuietly: (changed) => writeFile(path, changed).then(putTimeBack),
    remove: () => rm(path),
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  };
});
describeSource('a file of tests', async (bytes) => {
  const file = new MemoryFile('/card/photo.NEF', bytes);
  return {
    source: file.source(),
    write: async (changed) => file.write(changed),
    writeQuietly: async (changed) => file.writeQuietly(changed),
    remove: async () => {
      file.broken = { kind: 'vanished', at: 0 };
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

describeTransport('the transport of Node', async (server) => {
  const transport = createNodeTransport();
  const running = await serveFake(server);
  const gone = await serveFake(server);
  await gone.close();
  return {
    transport,
    url: running.url,
    nowhere: gone.url,
    run: (wait) => wait,
    async [Symbol.asyncDispose]() {
      transport.close();
      await running.close();
    },
  };
});
describeTransport('the transport of tests', async (server) => {
  const clock = new VirtualClock();
  return {
    transport: createFakeTransport({ server, clock }),
    url: 'http://server.test',
    nowhere: 'http://nowhere.test',
    run: (wait) => clock.run(wait),
    [Symbol.asyncDispose]: async () => {},
  };
});
