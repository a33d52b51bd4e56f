import { TransportError } from '../base/errors.ts';
import type { Body, Pace, Received, Transport, TransportRequest, TransportResponse } from '../base/ports.ts';
import { BlobBody } from './blob-source.ts';

/** Larger responses come neither from the API nor from a storage. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** `XMLHttpRequest`, because `fetch` does not tell how much of a body was sent. */
export function createBrowserTransport(): Transport {
  return { send: exchange, receive };
}

type Payload = Blob | ArrayBuffer | string | null;

async function exchange(request: TransportRequest): Promise<TransportResponse> {
  const { body, signal, pace } = request;
  signal?.throwIfAborted();
  const payload = await payloadOf(body, pace);
  signal?.throwIfAborted();
  try {
    return await perform(request, payload);
  } catch (error) {
    signal?.throwIfAborted();
    if (body instanceof BlobBody) await body.check();
    throw error;
  }
}

async function payloadOf(body: Body | string | undefined, pace: Pace | undefined): Promise<Payload> {
  if (body === undefined || typeof body === 'string') return body ?? null;
  if (pace) await paced(body.size, pace);
  if (body instanceof BlobBody) return body.payload();
  const bytes = new Uint8Array(body.size);
  let at = 0;
  for await (const chunk of body.chunks()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes.buffer;
}

/** A browser cannot hold back the bytes of a request: the request waits until all of them may leave. */
async function paced(size: number, pace: Pace): Promise<void> {
  for (let left = size; left > 0; left -= pace.piece) await pace.take(Math.min(left, pace.piece));
}

function perform({ method, url, headers, signal, onSent }: TransportRequest, payload: Payload) {
  return new Promise<TransportResponse>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const size = typeof payload === 'string' || payload === null ? 0 : sizeOf(payload);
    let sent = 0;
    const tell = (loaded: number) => {
      const bytes = Math.min(loaded, size) - sent;
      if (bytes <= 0) return;
      sent += bytes;
      onSent?.(bytes);
    };
    const stop = () => request.abort();
    const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : error);
    const lost = () => fail(sent > 0 ? new TransportError('reset', `${hostOf(url)}: ${LOST}`) : unreachable(url));
    try {
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) {
        // Without an own content type, a browser sends that of the file.
        if (value !== '' || hasType(payload)) request.setRequestHeader(name, value);
      }
    } catch (error) {
      return fail(new TransportError('invalid', `${hostOf(url)}: the request is not possible`, { cause: error }));
    }
    // A listener for progress costs a preflight, so requests without a file have none.
    if (size > 0 && onSent) request.upload.onprogress = ({ loaded }) => tell(loaded);
    request.onprogress = ({ loaded }) => {
      if (loaded <= MAX_RESPONSE_BYTES) return;
      fail(new TransportError('invalid', `${hostOf(url)}: its response is larger than 32 MiB`));
      request.abort();
    };
    request.onload = () => {
      if (request.status < 300) tell(size);
      const { status, responseText: text } = request;
      resolve({ status, headers: plainHeaders(request.getAllResponseHeaders()), text });
    };
    request.onerror = lost;
    // Without our signal it is the browser that ended the request.
    request.onabort = () => fail(new TransportError('reset', `${hostOf(url)}: the browser ended the request`));
    request.onloadend = () => signal?.removeEventListener('abort', stop);
    signal?.addEventListener('abort', stop, { once: true });
    request.send(payload);
  });
}

const LOST = 'the connection was lost';

const unreachable = (url: string) => new TransportError('unreachable', whyUnreachable(url));

/** Browsers do not tell a page why a request got no response; this says what may be. */
export function whyUnreachable(url: string): string {
  const host = hostOf(url);
  if (!navigator.onLine) return `${host}: this device is offline`;
  const origin = globalThis.location?.origin;
  const cors =
    origin === undefined || origin === URL.parse(url)?.origin
      ? ''
      : `, or it does not let pages of ${origin} in (CORS). If it should, add that origin to its allowed origins`;
  return `${host}: it does not respond${cors}`;
}

const hasType = (payload: Payload) => payload instanceof Blob && payload.type !== '';

const sizeOf = (payload: Blob | ArrayBuffer) => (payload instanceof Blob ? payload.size : payload.byteLength);

function plainHeaders(lines: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

async function receive({
  url,
  headers,
  signal,
}: Pick<TransportRequest, 'url' | 'headers' | 'signal'>): Promise<Received> {
  const abort = new AbortController();
  const signals = signal ? [signal, abort.signal] : [abort.signal];
  const fail = (error: unknown): never => {
    signal?.throwIfAborted();
    throw new TransportError('reset', `${hostOf(url)}: ${LOST}`, { cause: error });
  };
  const response = await fetch(url, { headers, signal: AbortSignal.any(signals), redirect: 'manual' }).catch(fail);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader();
    for (;;) {
      const next = await reader?.read().catch(fail);
      if (!next || next.done) return;
      yield next.value;
    }
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    chunks: chunks(),
    close: () => abort.abort(),
  };
}

/** The only part of a link that may be shown: the rest gives access to the storage. */
const hostOf = (url: string) => URL.parse(url)?.host ?? 'the server';
