import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** How long one request may take, in milliseconds. */
const DEADLINE_MS = 10_000;
/** What is read of the body of a response: enough of an error to find its code in, and more than a test upload. */
const MOST_BYTES = 16_384;

/** Of a PUT by link: accepted whether or not the link signs it. */
export const EMPTY_TYPE = { 'content-type': '' };

export type ExchangeRequest = { method: string; headers?: Record<string, string>; body?: Buffer };

export type Exchanged = {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** S3's error code; '' where the response has none. */
  code: string;
  /** How far this machine's clock is ahead of the storage's, in seconds; undefined where the response has no date. */
  skewSeconds: number | undefined;
};

/**
 * One request to storage with exactly these headers, as clients send them by link: `node:http` adds no content type of
 * its own. A new connection for each, so that none is left.
 */
export async function exchange(url: string, { method, headers = {}, body }: ExchangeRequest): Promise<Exchanged> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': body.length };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    request(url, { method, headers: { ...headers, ...length }, signal, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
  const start = await readStart(response);
  const date = Date.parse(response.headers.date ?? '');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: start,
    code: /<Code>([^<]{1,100})<\/Code>/.exec(start.toString())?.[1] ?? '',
    skewSeconds: Number.isNaN(date) ? undefined : (Date.now() - date) / 1000,
  };
}

async function readStart(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) break;
  }
  return Buffer.concat(chunks);
}
