/** The hashing thread: MD5 of many bodies at once, off the path of their bytes. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Md5Stream, Md5Streams } from '../md5/md5-streams.ts';
import { type FromHasher, type HasherData, PAGES, slotOffset, type ToHasher } from './md5-messages.ts';

const port = parentPort as MessagePort;
const { memory } = workerData as HasherData;
const hasher = new Md5Streams(memory, PAGES);
const streams = new Map<number, Md5Stream>();
let working = false;

const say = (message: FromHasher) => port.postMessage(message);

function streamOf(id: number): Md5Stream {
  const known = streams.get(id);
  if (known) return known;
  const stream = hasher.begin((md5) => {
    streams.delete(id);
    say({ kind: 'digest', stream: id, md5 });
  });
  streams.set(id, stream);
  return stream;
}

function take(message: ToHasher): void {
  if (message.kind === 'bytes') {
    const { stream, slot, length, last } = message;
    hasher.add(streamOf(stream), {
      offset: slotOffset(slot),
      length,
      last,
      done: () => say({ kind: 'hashed', slot }),
    });
    return;
  }
  const dropped = streams.get(message.stream);
  streams.delete(message.stream);
  if (dropped) hasher.drop(dropped);
}

/** Works as long as there is work, and looks for more streams to fill the lanes with at every turn. */
function work(): void {
  while (hasher.work()) {
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) take(more.message);
  }
  working = false;
}

port.on('message', (message: ToHasher) => {
  take(message);
  if (working) return;
  working = true;
  setImmediate(work);
});
