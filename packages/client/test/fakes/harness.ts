import type { UploadSummary } from '../../src/base/results.ts';
import { Client, type UploadOptions } from '../../src/client.ts';
import type { UploadEvent } from '../../src/run/events.ts';
import { API, API_KEY, type CloudOptions, FakeCloud } from './fake-cloud.ts';
import { createFakeTransport } from './fake-transport.ts';
import { md5Hex } from './md5.ts';
import { MemoryMemory } from './memory-memory.ts';
import { MemoryFile, photoBytes } from './memory-source.ts';
import { VirtualClock } from './virtual-clock.ts';

export const MIB = 1024 * 1024;

/** A client, a cloud and a card, all in memory, in virtual time. Files above 8 MiB go up in parts of 8 MiB or more. */
export function createHarness(
  options: Omit<CloudOptions, 'clock'> & { bytesPerSecond?: number; random?: () => number } = {},
) {
  const clock = new VirtualClock();
  const cloud = new FakeCloud({ ...options, clock });
  const memory = new MemoryMemory();
  const transport = createFakeTransport({ server: cloud, clock, ...options });
  const client = new Client(
    { url: API, apiKey: API_KEY },
    { transport, clock, memory, random: options.random ?? (() => 0.5), md5: async (bytes) => md5Hex(bytes) },
  );
  const events: UploadEvent[] = [];

  const begin = async (files: readonly MemoryFile[], upload: Partial<UploadOptions> = {}): Promise<UploadSummary> => {
    const plan = await client.planFiles({ files: files.map((file) => file.source()), duplicates: upload.duplicates });
    const onEvent = (event: UploadEvent) => {
      events.push(event);
      upload.onEvent?.(event);
    };
    return client.uploadPlan(plan, { project: 'Shoot', multipartAbove: 8 * MIB, ...upload, onEvent });
  };
  return {
    clock,
    cloud,
    memory,
    client,
    events,
    begin,
    upload: (files: readonly MemoryFile[], upload: Partial<UploadOptions> = {}) => clock.run(begin(files, upload)),
  };
}

export type Harness = ReturnType<typeof createHarness>;

export const photo = (name: string, size: number, seed = name.length): MemoryFile =>
  new MemoryFile(`/card/${name}`, photoBytes(size, seed));

export const photos = (count: number, size: number): MemoryFile[] =>
  Array.from({ length: count }, (_, index) => photo(`DSC_${String(index + 1).padStart(4, '0')}.NEF`, size, index));
