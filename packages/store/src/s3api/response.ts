/** Bytes that are read from where they lie. Read once; `close` is called in any case. */
export type ByteSource = { size: number; read: () => AsyncIterable<Buffer>; close: () => void };

export type S3Response = {
  status: number;
  headers?: Record<string, string | undefined>;
  body?: string | ByteSource;
  /** The body's length where there is no body to tell it: the response to HEAD. */
  length?: number;
};

/** An XML response. */
export const xmlResponse = (body: string, headers: Record<string, string | undefined> = {}): S3Response => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body,
});
