import { parentPort, workerData } from 'node:worker_threads';
import { createDigester, type Digester, type DigestName, type Digests } from './digests.ts';

/** To the worker. Messages about one stream take effect in order. */
export type HashRequest =
  | { type: 'open'; stream: number; names: DigestName[] }
  | { type: 'update'; stream: number; offset: number; length: number }
  | { type: 'finish'; stream: number }
  | { type: 'drop'; stream: number };

/** From the worker: one for each update and finish, in their order. */
export type HashReply = { stream: number; digests?: Digests };

const port = parentPort;
if (port === null) throw new Error('hashing runs as a worker thread');

const shared: SharedArrayBuffer = workerData.shared;
const streams = new Map<number, Promise<Digester>>();

port.on('message', async (message: HashRequest) => {
  const { stream } = message;
  if (message.type === 'open') {
    streams.set(stream, createDigester(message.names));
    return;
  }
  const digester = await streams.get(stream);
  if (digester === undefined) return;
  switch (message.type) {
    case 'update':
      digester.update(new Uint8Array(shared, message.offset, message.length));
      port.postMessage({ stream } satisfies HashReply);
      break;
    case 'finish':
      streams.delete(stream);
      port.postMessage({ stream, digests: digester.finish() } satisfies HashReply);
      break;
    case 'drop':
      streams.delete(stream);
  }
});
