import { createHash, type Hash } from 'node:crypto';
import { S3Error } from './errors.ts';
import type { AwsChunkedPayload } from './payload.ts';
import { isSameSignature } from './signing.ts';

/** A chunk header is at most this long: 16 hex digits, `;chunk-signature=` and 64 hex digits fit twice. */
const MAX_HEADER_BYTES = 256;
/** All trailers together. */
const MAX_TRAILER_BYTES = 8192;

const LF = 0x0a;

/**
 * Takes the framing off an aws-chunked body. Bytes are handed on as they arrive, without copying and before their
 * chunk is complete, so nothing may be kept until `end` has returned. Memory: one header line.
 */
export type AwsChunkedDecoder = {
  /** The decoded payload among these bytes, as slices of them. @throws {S3Error} */
  push(bytes: Buffer): Buffer[];
  /** To be called when the body is over. The trailers, lower-case. @throws {S3Error} where the body is not complete */
  end(): Record<string, string>;
};

type State =
  | { at: 'header' }
  | { at: 'data'; left: number; signature: string | undefined; hash: Hash | undefined }
  | { at: 'data-end' }
  | { at: 'trailer' };

/**
 * `decodedLength` is `x-amz-decoded-content-length`. Errors: IncompleteBody where the sizes differ,
 * SignatureDoesNotMatch, InvalidRequest where the framing is broken.
 */
export function createAwsChunkedDecoder(options: {
  decodedLength: number;
  payload: AwsChunkedPayload;
}): AwsChunkedDecoder {
  const { decodedLength, payload } = options;
  const signatures = payload.signatures;
  let state: State = { at: 'header' };
  let decoded = 0;
  let line = '';

  /** Appends up to the next LF; returns the position after it, or -1 if the line is not complete. */
  function readLine(bytes: Buffer, from: number, limit: number): number {
    const lineFeed = bytes.indexOf(LF, from);
    const to = lineFeed < 0 ? bytes.length : lineFeed + 1;
    if (line.length + to - from > limit) throw broken('a chunk header or trailer is too long');
    line += bytes.toString('latin1', from, to);
    return lineFeed < 0 ? -1 : to;
  }

  function startChunk(header: string): State {
    const [, hex, signature] = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/.exec(header) ?? [];
    if (hex === undefined) throw broken('a chunk header cannot be read');
    if ((signature === undefined) !== (signatures === undefined)) {
      throw broken(signatures ? 'a chunk has no signature' : 'a chunk is signed, but the request says it is not');
    }
    const size = Number.parseInt(hex, 16);
    if (size > decodedLength - decoded) throw incomplete();
    if (size > 0) return { at: 'data', left: size, signature, hash: signatures && createHash('sha256') };
    checkSignature(createHash('sha256'), signature);
    return { at: 'trailer' };
  }

  function checkSignature(hash: Hash | undefined, signature: string | undefined): void {
    if (
      signatures !== undefined &&
      hash !== undefined &&
      !isSameSignature(signatures.next(hash.digest('hex')), signature)
    ) {
      throw new S3Error('SignatureDoesNotMatch');
    }
  }

  return {
    push(bytes) {
      const slices: Buffer[] = [];
      let position = 0;
      while (position < bytes.length) {
        if (state.at === 'data') {
          const slice = bytes.subarray(position, position + state.left);
          state.hash?.update(slice);
          slices.push(slice);
          position += slice.length;
          decoded += slice.length;
          state.left -= slice.length;
          if (state.left > 0) continue;
          checkSignature(state.hash, state.signature);
          state = { at: 'data-end' };
          continue;
        }
        if (state.at === 'trailer') {
          if (line.length + bytes.length - position > MAX_TRAILER_BYTES) throw broken('the trailers are too long');
          line += bytes.toString('latin1', position);
          break;
        }
        position = readLine(bytes, position, MAX_HEADER_BYTES);
        if (position < 0) break;
        if (state.at === 'header') state = startChunk(line);
        else if (line === '\r\n') state = { at: 'header' };
        else throw broken('a chunk is longer than its header says');
        line = '';
      }
      return slices;
    },
    end() {
      // An empty body may have no chunk at all; a signed trailer is required in any case.
      const nothing = decodedLength === 0 && state.at === 'header' && line === '';
      if (nothing && !(payload.trailer && signatures !== undefined)) return {};
      if (state.at !== 'trailer' || decoded !== decodedLength) throw incomplete();
      const { 'x-amz-trailer-signature': signature, ...trailers } = parseTrailers(line);
      if (!payload.trailer && line.trim() !== '') throw broken('there are bytes after the last chunk');
      if (payload.trailer && signatures !== undefined) {
        const canonical = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
        if (!isSameSignature(signatures.trailer(canonical.join('')), signature)) {
          throw new S3Error('SignatureDoesNotMatch');
        }
      }
      return trailers;
    },
  };
}

function parseTrailers(text: string): Record<string, string> {
  const trailers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw broken('a trailer cannot be read');
    trailers[name.toLowerCase()] = value.trim();
  }
  return trailers;
}

const broken = (problem: string) =>
  new S3Error('InvalidRequest', { message: `The aws-chunked body is malformed: ${problem}.` });

const incomplete = () =>
  new S3Error('IncompleteBody', {
    message: 'The body does not have the number of bytes that x-amz-decoded-content-length specifies.',
  });
