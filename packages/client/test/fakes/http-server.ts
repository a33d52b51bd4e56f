import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeAnswer, FakeRequest, FakeServer } from './fake-transport.ts';

export type RunningServer = { url: string; close(): Promise<void> };

/** Plays a fake server over real HTTP. @param origin of the URLs that the fake server sees. */
export async function serveFake(
  fake: FakeServer,
  { origin }: { origin?: (host: string) => string } = {},
): Promise<RunningServer> {
  const server = http.createServer();
  const handle = async (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    const base = origin?.(incoming.headers.host ?? '') ?? `http://${incoming.headers.host}`;
    const request: FakeRequest = {
      method: incoming.method ?? '',
      url: `${base}${incoming.url}`,
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      size: Number(incoming.headers['content-length'] ?? 0),
    };
    const fate = fake.head?.(request);
    const body = await collect(incoming, fate?.afterBytes ?? Number.POSITIVE_INFINITY);
    answer(outgoing, fate ? fate.answer : fake.answer(request, body));
  };
  server.on('request', (incoming, outgoing) => void handle(incoming, outgoing).catch(() => incoming.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function collect(incoming: http.IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (limit === 0) return new Uint8Array();
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (size >= limit) break;
  }
  return Buffer.concat(chunks);
}

function answer(outgoing: http.ServerResponse, answer: FakeAnswer): void {
  if (!('fault' in answer)) {
    outgoing.writeHead(answer.status, answer.headers).end(answer.bytes ?? answer.text);
    return;
  }
  if (answer.fault !== 'hang') outgoing.socket?.resetAndDestroy();
}
