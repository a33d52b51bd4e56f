/** What the suites need of `node:crypto`, in a page: MD5, by the kernel that the page itself does not use. */
import { createPlainMemory, Md5Streams, PAGE_BYTES } from '@darkslide/hashing';

const CHUNK_BYTES = 1024 * PAGE_BYTES;
const memory = createPlainMemory(1 + CHUNK_BYTES / PAGE_BYTES);

export function createHash(_algorithm: 'md5') {
  const chunks: Uint8Array[] = [];
  return {
    update: (chunk: Uint8Array) => void chunks.push(chunk.slice()),
    digest: (_encoding: 'hex') => md5(chunks),
  };
}

function md5(chunks: readonly Uint8Array[]): string {
  const streams = new Md5Streams(memory);
  const whole = new Uint8Array(memory.buffer, PAGE_BYTES);
  let length = 0;
  for (const chunk of chunks) {
    whole.set(chunk, length);
    length += chunk.length;
  }
  let digest = '';
  const stream = streams.begin((hex) => {
    digest = hex;
  });
  streams.add(stream, { offset: PAGE_BYTES, length, last: true, done: () => {} });
  while (streams.work());
  return digest;
}
