import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { S3Response } from './response.ts';

/**
 * How long, for how long without a byte, and how many bytes, we listen to a client that is still sending what has been
 * refused. Closing at once would reset the connection, and the client would never read why.
 */
const LINGER = { ms: 10_000, idleMs: 500, bytes: 64 * 1024 ** 2 };

/** Sends the response and resolves when all of it was sent. @throws when the client disconnected or stopped reading */
export async function send(options: {
  s3Response: S3Response;
  request: IncomingMessage;
  response: ServerResponse;
  /** The client waits for `100 Continue` and does not get it. */
  awaitsContinue: boolean;
  idleTimeoutMs: number;
  signal: AbortSignal;
}): Promise<void> {
  const { s3Response, request, response, awaitsContinue, idleTimeoutMs, signal } = options;
  signal.throwIfAborted();
  const { body, status } = s3Response;
  const unread = !request.complete;
  for (const [name, value] of Object.entries(s3Response.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value);
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : (body?.size ?? s3Response.length ?? 0);
  if (status !== 204 && status !== 304) response.setHeader('content-length', length);
  if (unread) response.setHeader('connection', 'close');
  response.writeHead(status);
  const bodiless = request.method === 'HEAD' || status === 204 || status === 304;
  response.setTimeout(idleTimeoutMs, () => response.destroy());

  if (!bodiless && typeof body === 'object') await pipeline(body.read(), response, { end: false, signal });
  else if (!bodiless && typeof body === 'string') response.write(body);
  else response.flushHeaders();
  if (unread && !awaitsContinue) await drain(request, Math.min(LINGER.ms, idleTimeoutMs));
  response.setTimeout(0);
  if (response.writableEnded || response.destroyed) return;
  response.end();
  await once(response, 'close', { signal });
}

/** Takes in and forgets what is left of a body, within limits. */
function drain(request: IncomingMessage, ms: number): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const done = () => {
      clearTimeout(timer);
      clearTimeout(idle);
      request.off('data', onData).off('close', done).off('end', done).off('error', done);
      resolve();
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      idle.refresh();
      if (bytes > LINGER.bytes) done();
    };
    const timer = setTimeout(done, ms);
    const idle = setTimeout(done, LINGER.idleMs);
    request.on('data', onData).on('close', done).on('end', done).on('error', done);
    request.resume();
  });
}
