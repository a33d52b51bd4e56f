import { once } from 'node:events';
import net from 'node:net';

export type Load = {
  /** The APIs' base URLs; connections are spread over them evenly. */
  urls: readonly string[];
  connections: number;
  milliseconds: number;
  /** The next POST of a connection. */
  next(connection: number): { path: string; body: string };
  headers: Readonly<Record<string, string>>;
};

/** What came of it: milliseconds of every answer, and the CPU seconds that asking took of this process. */
export type LoadResult = { seconds: number; latencies: number[]; cpuSeconds: number };

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Keeps every connection busy with one request at a time. It writes requests as text and looks at no more of an answer
 * than its status and length, so that it takes little of the machine from whom it measures.
 * @throws {Error} where an answer is not a 200.
 */
export async function loadWith(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + load.milliseconds;
  await Promise.all(Array.from({ length: load.connections }, (_, index) => drive(load, index, end, latencies)));
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, latencies, cpuSeconds: (user + system) / 1e6 };
}

async function drive(load: Load, index: number, end: number, latencies: number[]): Promise<void> {
  const { hostname, port, host } = new URL(load.urls[index % load.urls.length] ?? '');
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const answers = answersOf(socket);
  const headers = Object.entries({ host, ...load.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  try {
    while (performance.now() < end) {
      const { path, body } = load.next(index);
      const head = `POST ${path} HTTP/1.1\r\n${headers.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      const sent = performance.now();
      socket.write(head + body);
      const { value: status } = await answers.next();
      if (status !== 200) throw new Error(`${path} was answered with ${status}`);
      latencies.push(performance.now() - sent);
    }
  } finally {
    socket.destroy();
  }
}

/** The status of each answer, once all of it is there. */
async function* answersOf(socket: net.Socket): AsyncGenerator<number, undefined> {
  let head: Buffer = Buffer.alloc(0);
  let status = 0;
  /** Of the body, what is still to come; undefined while the head is read. */
  let left: number | undefined;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    if (left === undefined) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf(HEAD_END);
      if (end === -1) continue;
      const text = head.toString('latin1', 0, end);
      status = Number(text.slice(9, 12));
      left = Number(/^content-length: (\d+)/im.exec(text)?.[1]) - (head.length - end - HEAD_END.length);
    } else left -= chunk.length;
    if (left > 0) continue;
    head = Buffer.alloc(0);
    left = undefined;
    yield status;
  }
}
