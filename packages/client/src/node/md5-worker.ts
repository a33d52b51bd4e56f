/** The hashing thread: MD5 of many bodies at once, off the path of their bytes. */
import { createHash, type Hash } from 'node:crypto';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { LANES, type Md5Stream, Md5Streams } from '@darkslide/hashing';
import { bufferOffset, type FromHasher, type HasherData, type ToHasher } from './md5-messages.ts';

const port = parentPort as MessagePort;
const { memory } = workerData as HasherData;
const bytes = new Uint8Array(memory.buffer);
const hasher = new Md5Streams(memory);
const streams = new Map<number, { stream: Md5Stream; fed: number }>();
/** Streams that began alone: OpenSSL is faster for one. */
const alone = new Map<number, Hash>();

/** Eight streams cost little more than one, so the thread waits this long for more streams. */
const PATIENCE_MS = 15;
/** The wait when a digest is already being waited for. */
const SHORT_PATIENCE_MS = 2;
/** A stream that got no bytes for this long is not waited for. */
const STALE_MS = 40;
let waitingSince: number | undefined;
let timer: NodeJS.Timeout | undefined;
let scheduled = false;

let news: FromHasher = { hashed: [], digests: [] };

/** Posts all results together: each message wakes the other thread. */
function post(): void {
  if (news.hashed.length === 0) return;
  port.postMessage(news);
  news = { hashed: [], digests: [] };
}

function streamOf(id: number): Md5Stream {
  const known = streams.get(id);
  if (known) {
    known.fed = performance.now();
    return known.stream;
  }
  const stream = hasher.begin((md5) => {
    streams.delete(id);
    news.digests.push({ stream: id, md5 });
  });
  streams.set(id, { stream, fed: performance.now() });
  return stream;
}

function take(message: ToHasher): void {
  if (message.kind === 'drop') drop(message.stream);
  else if (message.alone) hashAlone(message);
  else {
    const { stream, buffer, length, last } = message;
    const done = () => news.hashed.push(buffer);
    hasher.add(streamOf(stream), { offset: bufferOffset(buffer), length, last, done });
  }
}

function hashAlone({ stream, buffer, length, last }: Extract<ToHasher, { kind: 'bytes' }>): void {
  const hash = alone.get(stream) ?? createHash('md5');
  alone.set(stream, hash);
  hash.update(bytes.subarray(bufferOffset(buffer), bufferOffset(buffer) + length));
  news.hashed.push(buffer);
  if (last) {
    alone.delete(stream);
    news.digests.push({ stream, md5: hash.digest('hex') });
  }
  post();
}

function drop(id: number): void {
  alone.delete(id);
  const dropped = streams.get(id);
  streams.delete(id);
  if (dropped) hasher.drop(dropped.stream);
}

/** As many as will soon be there, up to what is hashed at once. */
function lanesInSight(): number {
  const since = performance.now() - STALE_MS;
  let count = 0;
  for (const { fed } of streams.values()) {
    if (fed >= since) count += 1;
    if (count === LANES) break;
  }
  return count;
}

/** Works while there is work for all lanes; when it has waited for that, for as many as there are. */
function work(): void {
  for (;;) {
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) take(more.message);
    post();
    if (hasher.ready === 0) break;
    const left = hasher.ready < lanesInSight() ? patienceLeft() : 0;
    if (left > 0) {
      clearTimeout(timer);
      timer = setTimeout(work, left);
      return;
    }
    hasher.work();
  }
  waitingSince = undefined;
  clearTimeout(timer);
}

function patienceLeft(): number {
  waitingSince ??= performance.now();
  return waitingSince + (hasher.ending ? SHORT_PATIENCE_MS : PATIENCE_MS) - performance.now();
}

port.on('message', (message: ToHasher) => {
  take(message);
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    work();
  });
});
