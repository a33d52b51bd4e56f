import type { Writable } from 'node:stream';

/** Bytes to be sent as they are read. `send` ends without closing the sink; `close` is called in any case. */
export type ByteSource = {
  size: number;
  send: (sink: Writable, signal: AbortSignal) => Promise<void>;
  close: () => void;
};

export type S3Response = {
  status: number;
  headers?: Record<string, string | undefined>;
  body?: string | ByteSource;
  /** The body's length where there is no body to tell it: the answer to HEAD. */
  length?: number;
};

/** An XML answer. */
export const xmlResponse = (body: string, headers: Record<string, string | undefined> = {}): S3Response => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body,
});
