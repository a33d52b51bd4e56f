import { TransportError } from '../../src/base/errors.ts';
import type { Clock, Transport, TransportRequest, TransportResponse } from '../../src/base/ports.ts';

/** `size`: bytes that the body will have. */
export type FakeRequest = { method: string; url: string; headers: Readonly<Record<string, string>>; size: number };

export type FakeAnswer =
  | { status: number; headers?: Record<string, string>; text?: string; bytes?: Uint8Array }
  /** The connection ends without an answer. */
  | { fault: 'reset' | 'unreachable' }
  /** Nothing happens any more. */
  | { fault: 'hang' };

/** The other side of a connection, as tests play it. */
export type FakeServer = {
  /** Asked before the body is read: `answer` is sent after `afterBytes` of it. */
  head?(request: FakeRequest): { afterBytes: number; answer: FakeAnswer } | undefined;
  answer(request: FakeRequest, body: Uint8Array): FakeAnswer;
};

/** Bytes of a download that come at once. */
const PIECE = 100_000;

/** A transport to a server that is an object. Time passes for latency and for bytes. */
export function createFakeTransport({
  server,
  clock,
  latencyMs = 5,
  bytesPerSecond = 100 * 1024 * 1024,
}: {
  server: FakeServer;
  clock: Clock;
  latencyMs?: number;
  /** Of every transfer. */
  bytesPerSecond?: number;
}): Transport {
  return {
    async send(request) {
      const { method, url, headers, body: sent, signal } = request;
      const asked = {
        method,
        url,
        headers,
        size: sent === undefined ? 0 : typeof sent === 'string' ? sent.length : sent.size,
      };
      await clock.sleep(latencyMs, { signal });
      const fate = server.head?.(asked);
      const body = await takeBody(request, { clock, bytesPerSecond, limit: fate?.afterBytes });
      return resolveAnswer(fate ? fate.answer : server.answer(asked, body), { clock, signal });
    },
    async receive({ url, headers, signal }) {
      await clock.sleep(latencyMs, { signal });
      const asked = { method: 'GET', url, headers, size: 0 };
      const fate = server.head?.(asked);
      const answer = fate && !fate.afterBytes ? fate.answer : server.answer(asked, new Uint8Array());
      const { status, headers: told, text } = await resolveAnswer(answer, { clock, signal });
      const bytes = ('bytes' in answer && answer.bytes) || new TextEncoder().encode(text);
      async function* chunks() {
        const end = Math.min(bytes.length, fate?.afterBytes ?? bytes.length);
        for (let at = 0; at < end; at += PIECE) {
          const chunk = bytes.slice(at, Math.min(at + PIECE, end));
          await clock.sleep((chunk.length / bytesPerSecond) * 1000, { signal });
          yield chunk;
        }
        if (fate) await resolveAnswer(fate.answer, { clock, signal });
      }
      return { status, headers: told, chunks: chunks(), close: () => {} };
    },
  };
}

async function takeBody(
  { body, signal, onSent, pace }: TransportRequest,
  {
    clock,
    bytesPerSecond,
    limit = Number.POSITIVE_INFINITY,
  }: { clock: Clock; bytesPerSecond: number; limit?: number | undefined },
): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (typeof body === 'string') return new TextEncoder().encode(body);
  const taken = new Uint8Array(body.size);
  let at = 0;
  for await (const chunk of body.chunks()) {
    if (at + chunk.length > limit) break;
    if (pace) {
      for (let left = chunk.length; left > 0; left -= pace.piece) await pace.take(Math.min(pace.piece, left));
    }
    await clock.sleep((chunk.length / bytesPerSecond) * 1000, { signal });
    taken.set(chunk, at);
    at += chunk.length;
    onSent?.(chunk.length);
  }
  return taken.subarray(0, at);
}

async function resolveAnswer(
  answer: FakeAnswer,
  { clock, signal }: { clock: Clock; signal?: AbortSignal | undefined },
): Promise<TransportResponse> {
  if (!('fault' in answer)) {
    return { status: answer.status, headers: answer.headers ?? {}, text: answer.text ?? '' };
  }
  if (answer.fault !== 'hang') throw new TransportError(answer.fault, `the connection is ${answer.fault}`);
  for (;;) await clock.sleep(3_600_000, { signal });
}
