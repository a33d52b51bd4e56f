import { parentPort, workerData } from 'node:worker_threads';
import type { DigestName, Digests } from './digests.ts';
import { HashStreams } from './streams.ts';

export type HashRequest =
  | { type: 'open'; stream: number; names: DigestName[] }
  | { type: 'update'; stream: number; address: number; length: number }
  | { type: 'finish'; stream: number }
  | { type: 'drop'; stream: number }
  | 'close';

/** One for each update and finish of a stream, in their order. */
export type HashReply = { stream: number; digests?: Digests };

const port = parentPort;
if (port === null) throw new Error('hashing runs as a worker thread');
const streams = new HashStreams(workerData);
const post = (reply: HashReply) => port.postMessage(reply);

port.on('message', async (message: HashRequest) => {
  if (message === 'close') return port.close();
  const { stream } = message;
  switch (message.type) {
    case 'open':
      streams.open(stream, message.names);
      break;
    case 'update':
      await streams.update(stream, message.address, message.length);
      post({ stream });
      break;
    case 'finish':
      post({ stream, digests: await streams.finish(stream) });
      break;
    case 'drop':
      streams.drop(stream);
  }
});
