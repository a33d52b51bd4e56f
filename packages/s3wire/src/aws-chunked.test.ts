import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  EMPTY_SHA256,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_NOW,
  EXAMPLE_SERVER,
  exampleAuthorization,
} from '../test/aws-examples.ts';
import { smithySigner } from '../test/smithy.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { createChunkSigner } from './chunk-signer.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import type { AwsChunkedPayload } from './payload.ts';
import { signingKey } from './signing.ts';
import { verifyRequest } from './verify.ts';

const SCOPE = { day: '20130524', region: 'us-east-1', service: 's3' };
const SCOPE_TEXT = '20130524/us-east-1/s3/aws4_request';
const TIMESTAMP = '20130524T000000Z';
const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';

const UNSIGNED: AwsChunkedPayload = { kind: 'aws-chunked', trailer: false };
const UNSIGNED_TRAILER: AwsChunkedPayload = { kind: 'aws-chunked', trailer: true };

const signedPayload = (trailer: boolean, seed = SEED): AwsChunkedPayload => ({
  kind: 'aws-chunked',
  trailer,
  signatures: createChunkSigner({
    key: signingKey(EXAMPLE_CREDENTIALS.secretAccessKey, SCOPE),
    timestamp: TIMESTAMP,
    scope: SCOPE,
    seed,
  }),
});

/** Decodes a body that arrives in the given chunks. */
function decode(
  chunks: readonly Buffer[],
  { payload, decodedLength }: { payload: AwsChunkedPayload; decodedLength: number },
) {
  const decoder = new AwsChunkedDecoder({ payload, decodedLength });
  const decoded = chunks.flatMap((chunk) => decoder.push(chunk));
  return { trailers: decoder.end(), bytes: Buffer.concat(decoded) };
}

const refuses = (
  wire: string | Buffer,
  options: { payload: AwsChunkedPayload; decodedLength: number },
  code: S3ErrorCode,
) => assert.throws(() => decode([Buffer.from(wire)], options), { name: 'S3Error', code });

function cut(wire: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((share) => Math.floor(share * wire.length)), wire.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => wire.subarray(at[index], end));
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** A body as a client writes it, its signatures by AWS's signer. */
async function encode(
  chunks: readonly Buffer[],
  { sign, trailers }: { sign: boolean; trailers?: Record<string, string> },
) {
  const signer = smithySigner(EXAMPLE_CREDENTIALS);
  const signText = (text: string) => signer.sign(text, { signingDate: EXAMPLE_NOW });
  let previous = SEED;
  const wire: (string | Buffer)[] = [];
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const lines = ['AWS4-HMAC-SHA256-PAYLOAD', TIMESTAMP, SCOPE_TEXT, previous, EMPTY_SHA256, sha256(chunk)];
    if (sign) previous = await signText(lines.join('\n'));
    wire.push(`${chunk.length.toString(16)}${sign ? `;chunk-signature=${previous}` : ''}\r\n`, chunk);
    if (chunk.length > 0) wire.push('\r\n');
  }
  if (trailers !== undefined) {
    const names = Object.keys(trailers);
    wire.push(...names.map((name) => `${name}:${trailers[name]}\r\n`));
    const canonical = names.map((name) => `${name}:${trailers[name]}\n`).join('');
    const lines = ['AWS4-HMAC-SHA256-TRAILER', TIMESTAMP, SCOPE_TEXT, previous, sha256(canonical)];
    if (sign) wire.push(`x-amz-trailer-signature:${await signText(lines.join('\n'))}\r\n`);
  }
  wire.push('\r\n');
  return Buffer.concat(wire.map((chunk) => Buffer.from(chunk)));
}

describe('the chunked uploads published in the Amazon S3 API Reference', () => {
  const examples = [
    {
      title: 'in multiple chunks',
      payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      headers: { 'content-length': '66824' },
      signedHeaders:
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      seed: SEED,
      signatures: [
        'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
      ],
      trailer: '',
      trailers: {},
    },
    {
      title: 'in multiple chunks, with trailing headers',
      payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      headers: { 'x-amz-trailer': 'x-amz-checksum-crc32c' },
      signedHeaders:
        'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
      seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
      signatures: [
        'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
        '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
        '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      ],
      trailer:
        'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
      trailers: { 'x-amz-checksum-crc32c': 'sOO8/Q==' },
    },
  ];

  for (const { title, payloadHash, headers, signedHeaders, seed, signatures, trailer, trailers } of examples) {
    it(title, () => {
      const { payload } = verifyRequest(
        {
          method: 'PUT',
          target: '/examplebucket/chunkObject.txt',
          headers: {
            ...headers,
            host: 's3.amazonaws.com',
            'content-encoding': 'aws-chunked',
            'x-amz-content-sha256': payloadHash,
            'x-amz-date': TIMESTAMP,
            'x-amz-decoded-content-length': '66560',
            'x-amz-storage-class': 'REDUCED_REDUNDANCY',
            authorization: exampleAuthorization(signedHeaders, seed),
          },
        },
        EXAMPLE_SERVER,
      );
      assert.ok(payload.kind === 'aws-chunked');
      const data = Buffer.alloc(66_560, 'a');
      const [first, second, last] = signatures;
      const wire = Buffer.concat([
        Buffer.from(`10000;chunk-signature=${first}\r\n`),
        data.subarray(0, 65_536),
        Buffer.from(`\r\n400;chunk-signature=${second}\r\n`),
        data.subarray(65_536),
        Buffer.from(`\r\n0;chunk-signature=${last}\r\n${trailer}\r\n`),
      ]);
      const decoded = decode([wire], { payload, decodedLength: 66_560 });
      assert.ok(decoded.bytes.equals(data));
      assert.deepEqual(decoded.trailers, trailers);
    });
  }
});

describe('AwsChunkedDecoder', () => {
  const body = fc.record({
    chunks: fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }),
    sign: fc.boolean(),
    trailers: fc.option(
      fc.dictionary(fc.stringMatching(/^x-amz-[a-z0-9-]{1,12}$/), fc.stringMatching(/^[!-~]{1,20}$/), { maxKeys: 3 }),
      { nil: undefined },
    ),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
  });
  type Body = typeof body extends fc.Arbitrary<infer Value> ? Value : never;

  async function prepare({ chunks, sign, trailers }: Body) {
    const parts = chunks.map((chunk) => Buffer.from(chunk));
    const bytes = Buffer.concat(parts);
    const trailer = trailers !== undefined;
    return {
      bytes,
      wire: await encode(parts, { sign, ...(trailer && { trailers }) }),
      options: () => ({
        payload: sign ? signedPayload(trailer) : trailer ? UNSIGNED_TRAILER : UNSIGNED,
        decodedLength: bytes.length,
      }),
    };
  }

  it('returns what was sent, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const { bytes, wire, options } = await prepare(given);
        const expected = { bytes, trailers: { ...given.trailers } };
        assert.deepEqual(decode(cut(wire, given.cuts), options()), expected);
        const single = Array.from(wire, (byte) => Buffer.of(byte));
        assert.deepEqual(decode(single, options()), expected);
      }),
      { numRuns: 100 },
    );
  });

  it('never takes a signed body for another, whichever byte differs', async () => {
    const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(body, share, fc.nat(7), async (given, at, bit) => {
        const { bytes, wire, options } = await prepare({ ...given, sign: true });
        const index = Math.floor(at * wire.length);
        wire[index] = (wire[index] ?? 0) ^ (1 << bit);
        try {
          assert.deepEqual(decode(cut(wire, given.cuts), options()), { bytes, trailers: { ...given.trailers } });
        } catch (error) {
          if (!(error instanceof S3Error)) throw error;
          refused += 1;
        }
      }),
      { numRuns: 300 },
    );
    // What passes is the letter case of a chunk size or a trailer's name, and the last line break.
    assert.ok(refused > 200, `${refused} of 300 refused`);
  });

  it('refuses a body that ends early', async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (given, share) => {
        const { wire, options } = await prepare({ ...given, trailers: undefined });
        // The empty line at the very end may be missing.
        const end = Math.floor(share * (wire.length - 2));
        // Nothing at all is how some send no bytes.
        fc.pre(end > 0 || options().decodedLength > 0);
        assert.throws(() => decode([wire.subarray(0, end)], options()), { code: 'IncompleteBody' });
      }),
      { numRuns: 100 },
    );
  });

  it('passes slices of what it was given, not copies', () => {
    const wire = Buffer.from('5\r\nhello\r\n0\r\n\r\n');
    const [slice] = new AwsChunkedDecoder({ payload: UNSIGNED, decodedLength: 5 }).push(wire);
    assert.equal(slice?.buffer, wire.buffer);
    assert.equal(slice?.byteOffset, wire.byteOffset + 3);
  });

  it('reads an empty body', () => {
    const empty = { trailers: {}, bytes: Buffer.alloc(0) };
    assert.deepEqual(decode([Buffer.from('0\r\n\r\n')], { payload: UNSIGNED, decodedLength: 0 }), empty);
    assert.deepEqual(decode([Buffer.from('0\r\n\r\n')], { payload: UNSIGNED_TRAILER, decodedLength: 0 }), empty);
    assert.deepEqual(decode([], { payload: UNSIGNED, decodedLength: 0 }), empty);
    assert.deepEqual(decode([], { payload: UNSIGNED_TRAILER, decodedLength: 0 }), empty);
    assert.throws(() => decode([], { payload: UNSIGNED, decodedLength: 1 }), { code: 'IncompleteBody' });
  });

  it('reads trailers with the line breaks of every client', () => {
    // minio-go ends a trailer with LF and follows it with CRLF; some end without an empty line.
    for (const trailer of ['X-Amz-A: b\r\n\r\n', 'x-amz-a:b\n\r\n\r\n', 'x-amz-a:b\r\n', 'x-amz-a:b\n\r\n']) {
      assert.deepEqual(
        decode([Buffer.from(`1\r\na\r\n0\r\n${trailer}`)], { payload: UNSIGNED_TRAILER, decodedLength: 1 }).trailers,
        { 'x-amz-a': 'b' },
      );
    }
  });

  it('refuses a body of another length than declared', () => {
    const wire = '5\r\nhello\r\n0\r\n\r\n';
    for (const decodedLength of [4, 6]) refuses(wire, { payload: UNSIGNED, decodedLength }, 'IncompleteBody');
    refuses('ffffffffffffffff\r\n', { payload: UNSIGNED, decodedLength: 5 }, 'IncompleteBody');
  });

  it('refuses broken framing', () => {
    const unsigned = { payload: UNSIGNED, decodedLength: 5 };
    for (const wire of [
      'x\r\nhello\r\n0\r\n\r\n',
      '-5\r\nhello\r\n0\r\n\r\n',
      '5\nhello\r\n0\r\n\r\n',
      '5;ext=1\r\nhello\r\n0\r\n\r\n',
      '5\r\nhello!\r\n0\r\n\r\n',
      '5\r\nhello\n0\r\n\r\n',
      '5\r\nhello\r\n0\r\n\r\nmore',
      '5\r\nhello\r\n0\r\nx-amz-a:b\r\n\r\n',
      `5;chunk-signature=${SEED}\r\nhello\r\n0\r\n\r\n`,
      '11111111111111111\r\n',
    ]) {
      refuses(wire, unsigned, 'InvalidRequest');
    }
    refuses('5\r\nhello\r\n0\r\nno colon\r\n\r\n', { payload: UNSIGNED_TRAILER, decodedLength: 5 }, 'InvalidRequest');
    refuses('5\r\nhello\r\n0\r\n\r\n', { payload: signedPayload(false), decodedLength: 5 }, 'InvalidRequest');
  });

  it('refuses signed trailers without their signature', async () => {
    const wire = await encode([Buffer.from('hello')], { sign: true, trailers: { 'x-amz-a': 'b' } });
    const without = wire.toString('latin1').replace(/x-amz-trailer-signature:.*\r\n/, '');
    refuses(without, { payload: signedPayload(true), decodedLength: 5 }, 'SignatureDoesNotMatch');
    refuses(wire, { payload: signedPayload(true, 'f'.repeat(64)), decodedLength: 5 }, 'SignatureDoesNotMatch');
  });

  it('remembers no more than a header line and the trailers', () => {
    const push = (wire: string) =>
      new AwsChunkedDecoder({ payload: UNSIGNED_TRAILER, decodedLength: 0 }).push(Buffer.from(wire));
    push('0'.repeat(256));
    assert.throws(() => push('0'.repeat(257)), { code: 'InvalidRequest', message: /too long/ });
    push(`0\r\n${'a'.repeat(8192)}`);
    assert.throws(() => push(`0\r\n${'a'.repeat(8193)}`), { code: 'InvalidRequest', message: /too long/ });

    const endless = new AwsChunkedDecoder({ payload: UNSIGNED_TRAILER, decodedLength: 0 });
    assert.throws(() => {
      for (;;) endless.push(Buffer.from('0'));
    }, /too long/);
  });
});
