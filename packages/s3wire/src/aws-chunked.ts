import { createHash, type Hash } from 'node:crypto';
import { S3Error } from './errors.ts';
import type { AwsChunkedPayload } from './payload.ts';
import { isSameSignature } from './signing.ts';

/** A chunk header is at most this long: 16 hex digits, `;chunk-signature=` and 64 hex digits fit twice. */
const MAX_HEADER_BYTES = 256;
/** All trailers together. */
const MAX_TRAILER_BYTES = 8192;

const LF = 0x0a;

type State =
  | { at: 'header' }
  | { at: 'data'; left: number; signature: string | undefined; hash: Hash | undefined }
  | { at: 'data-end' }
  | { at: 'trailer' };

/**
 * Takes the framing off an aws-chunked body. Bytes are handed on as they arrive, without copying and before their
 * chunk is complete, so nothing may be kept until `end` has returned. Memory: one header line.
 */
export class AwsChunkedDecoder {
  readonly #decodedLength: number;
  readonly #payload: AwsChunkedPayload;
  #state: State = { at: 'header' };
  #decoded = 0;
  #line = '';

  /** `decodedLength` is `x-amz-decoded-content-length`. */
  constructor({ decodedLength, payload }: { decodedLength: number; payload: AwsChunkedPayload }) {
    this.#decodedLength = decodedLength;
    this.#payload = payload;
  }

  /**
   * The decoded payload among these bytes, as slices of them.
   * @throws {S3Error} IncompleteBody where the sizes differ, SignatureDoesNotMatch, InvalidRequest where the framing is
   * broken
   */
  push(bytes: Buffer): Buffer[] {
    const slices: Buffer[] = [];
    let position = 0;
    while (position < bytes.length) {
      if (this.#state.at === 'data') {
        const slice = this.#takeData(this.#state, bytes.subarray(position, position + this.#state.left));
        slices.push(slice);
        position += slice.length;
      } else if (this.#state.at === 'trailer') {
        this.#takeTrailer(bytes.subarray(position));
        break;
      } else {
        position = this.#takeLine(bytes, position);
        if (position < 0) break;
      }
    }
    return slices;
  }

  /**
   * To be called when the body is over. The trailers, lower-case.
   * @throws {S3Error} as `push`, and where the body is not complete
   */
  end(): Record<string, string> {
    const { signatures, trailer: mayHaveTrailers } = this.#payload;
    // An empty body may have no chunk at all; a signed trailer is required in any case.
    const nothing = this.#decodedLength === 0 && this.#state.at === 'header' && this.#line === '';
    if (nothing && !(mayHaveTrailers && signatures !== undefined)) return {};
    if (this.#state.at !== 'trailer' || this.#decoded !== this.#decodedLength) throw incomplete();
    const { 'x-amz-trailer-signature': signature, ...trailers } = parseTrailers(this.#line);
    if (!mayHaveTrailers && this.#line.trim() !== '') throw broken('there are bytes after the last chunk');
    if (mayHaveTrailers && signatures !== undefined) {
      const canonical = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
      if (!isSameSignature(signatures.trailer(canonical.join('')), signature)) {
        throw new S3Error('SignatureDoesNotMatch');
      }
    }
    return trailers;
  }

  #takeData(state: State & { at: 'data' }, slice: Buffer): Buffer {
    state.hash?.update(slice);
    this.#decoded += slice.length;
    state.left -= slice.length;
    if (state.left === 0) {
      this.#checkSignature(state.hash, state.signature);
      this.#state = { at: 'data-end' };
    }
    return slice;
  }

  #takeTrailer(bytes: Buffer): void {
    if (this.#line.length + bytes.length > MAX_TRAILER_BYTES) throw broken('the trailers are too long');
    this.#line += bytes.toString('latin1');
  }

  /** Takes the line that ends a chunk, or a chunk's header. Returns the position after it, or -1 if it is not complete. */
  #takeLine(bytes: Buffer, from: number): number {
    const lineFeed = bytes.indexOf(LF, from);
    const to = lineFeed < 0 ? bytes.length : lineFeed + 1;
    if (this.#line.length + to - from > MAX_HEADER_BYTES) throw broken('a chunk header or trailer is too long');
    this.#line += bytes.toString('latin1', from, to);
    if (lineFeed < 0) return -1;
    if (this.#state.at === 'header') this.#state = this.#startChunk(this.#line);
    else if (this.#line === '\r\n') this.#state = { at: 'header' };
    else throw broken('a chunk is longer than its header says');
    this.#line = '';
    return to;
  }

  #startChunk(header: string): State {
    const { signatures } = this.#payload;
    const [, hex, signature] = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?\r\n$/.exec(header) ?? [];
    if (hex === undefined) throw broken('a chunk header cannot be read');
    if ((signature === undefined) !== (signatures === undefined)) {
      throw broken(signatures ? 'a chunk has no signature' : 'a chunk is signed, but the request says it is not');
    }
    const size = Number.parseInt(hex, 16);
    if (size > this.#decodedLength - this.#decoded) throw incomplete();
    if (size > 0) return { at: 'data', left: size, signature, hash: signatures && createHash('sha256') };
    this.#checkSignature(createHash('sha256'), signature);
    return { at: 'trailer' };
  }

  #checkSignature(hash: Hash | undefined, signature: string | undefined): void {
    const { signatures } = this.#payload;
    if (signatures === undefined || hash === undefined) return;
    if (!isSameSignature(signatures.next(hash.digest('hex')), signature)) throw new S3Error('SignatureDoesNotMatch');
  }
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
