import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EXAMPLE_CREDENTIALS, EXAMPLE_NOW, EXAMPLE_REGION, EXAMPLE_SERVER } from '../test/aws-examples.ts';
import { asReceived, carelessQuery, encodeKey, smithySigner } from '../test/smithy.ts';
import { S3Error } from './errors.ts';
import { createPresigner } from './presign.ts';
import { signRequest } from './signing.ts';
import { type SignedRequest, verifyRequest } from './verify.ts';

const HOST = 'storage.example';

const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength }).map((value) => value.toWellFormed());

/** X-Amz- names are the signature's own; AWS's signer loses a parameter named __proto__. */
const isQueryName = (name: string) => name !== '' && !/^x-amz-|^__proto__$/i.test(name);

const description = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
  key: text(40),
  query: fc.dictionary(text(10).filter(isQueryName), text(20)),
  headers: fc.dictionary(
    fc.constantFrom('range', 'content-type', 'content-md5', 'x-amz-acl', 'x-amz-meta-title', 'if-match'),
    fc.string({ unit: fc.constantFrom(...'abc XYZ019-_.,;="é\u00a0'), maxLength: 20 }),
  ),
  payloadHash: fc.constantFrom('UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'a'.repeat(64)),
  sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/), { nil: undefined }),
});

type Description = typeof description extends fc.Arbitrary<infer Value> ? Value : never;

/** Signs the headers with AWS's signer; returns the request as a server receives it. */
async function signedBySmithy({ method, key, query, headers, payloadHash, sessionToken }: Description) {
  const path = `/bucket/${encodeKey(key)}`;
  const signed = await smithySigner({ ...EXAMPLE_CREDENTIALS, sessionToken }).sign(
    {
      method,
      protocol: 'https:',
      hostname: HOST,
      path,
      query,
      headers: { ...headers, host: HOST, 'x-amz-content-sha256': payloadHash },
    },
    { signingDate: EXAMPLE_NOW },
  );
  return {
    method,
    target: `${path}?${carelessQuery(query)}`,
    headers: Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name, asReceived(value)])),
  };
}

function linked({ method, key, query, headers }: Description) {
  const { 'x-amz-acl': _, ...signedHeaders } = headers;
  const presigner = createPresigner({
    credentials: EXAMPLE_CREDENTIALS,
    region: EXAMPLE_REGION,
    endpoint: `https://${HOST}`,
    bucket: 'bucket',
    pathStyle: true,
    now: () => EXAMPLE_NOW,
  });
  const link = presigner.presign({ method: method as 'PUT', key, query, headers: signedHeaders, expiresIn: 60 });
  return { method, target: link.slice(`https://${HOST}`.length), headers: { ...signedHeaders, host: HOST } };
}

const verify = (request: SignedRequest) => verifyRequest(request, EXAMPLE_SERVER);

const isRefused = (request: SignedRequest) => assert.throws(() => verify(request), S3Error);

/** The bytes that a target names: escapes and the order of parameters make no difference. */
function meaningOf(target: string): string {
  const mark = target.indexOf('?');
  const path = target.slice(0, mark < 0 ? target.length : mark);
  const parameters = mark < 0 ? [] : [...new URLSearchParams(target.slice(mark + 1))];
  return JSON.stringify([Buffer.from(unescape(path), 'latin1').toString('hex'), parameters.map(String).sort()]);
}

/** `position` is a share of the length. */
function replaceOne(value: string, position: number, char: string): string {
  const at = Math.floor(position * value.length);
  return value.slice(0, at) + char + value.slice(at + 1);
}

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));

describe('verifyRequest', () => {
  it("passes what AWS's signer signs, and our signer signs the same", async () => {
    await fc.assert(
      fc.asyncProperty(description, async (given) => {
        const request = await signedBySmithy(given);
        const verified = verify(request);
        assert.equal(verified.accessKeyId, EXAMPLE_CREDENTIALS.accessKeyId);
        assert.equal(verified.presigned, false);

        const ours = signRequest({
          method: given.method,
          url: `https://${HOST}/bucket/${encodeKey(given.key)}?${carelessQuery(given.query)}`,
          headers: Object.fromEntries(Object.entries(given.headers).map(([name, value]) => [name, asReceived(value)])),
          credentials: { ...EXAMPLE_CREDENTIALS, sessionToken: given.sessionToken },
          region: EXAMPLE_REGION,
          now: EXAMPLE_NOW,
          payloadHash: given.payloadHash,
        });
        // URL resolves dot segments, which is another path.
        if (!/(^|\/)\.\.?(\/|$)/.test(given.key)) assert.equal(ours.authorization, request.headers.authorization);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses any other target', async () => {
    const tampering = fc.record({ given: description, presigned: fc.boolean(), position, char: printable });
    await fc.assert(
      fc.asyncProperty(tampering, async ({ given, presigned, position, char }) => {
        const request = presigned ? linked(given) : await signedBySmithy(given);
        verify(request);
        const target = replaceOne(request.target, position, char);
        fc.pre(meaningOf(target) !== meaningOf(request.target));
        isRefused({ ...request, target });
      }),
      { numRuns: 500 },
    );
  });

  it('refuses any other method', async () => {
    await fc.assert(
      fc.asyncProperty(description, fc.boolean(), position, printable, async (given, presigned, position, char) => {
        const request = presigned ? linked(given) : await signedBySmithy(given);
        const method = replaceOne(request.method, position, char);
        fc.pre(method !== request.method);
        isRefused({ ...request, method });
      }),
      { numRuns: 100 },
    );
  });

  it('refuses any other value of a signed header', async () => {
    await fc.assert(
      fc.asyncProperty(description, fc.nat(), position, printable, async (given, which, position, char) => {
        const request = await signedBySmithy(given);
        const names = Object.keys(request.headers);
        const name = names[which % names.length] ?? '';
        const value = replaceOne(request.headers[name] ?? '', position, char);
        fc.pre(value !== request.headers[name]);
        isRefused({ ...request, headers: { ...request.headers, [name]: value } });
      }),
      { numRuns: 300 },
    );
  });

  it('answers garbage with an S3Error, never with another', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        ...['/', '?', '&', '=', '%', '%zz', '+', ';', ',', ' ', '\u0100', '\ud800', '__proto__', 'constructor', 'host'],
        ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders'],
        ...['X-Amz-Signature', 'X-Amz-Content-Sha256', 'AWS4-HMAC-SHA256 ', 'Credential=', 'SignedHeaders='],
        ...['Signature=', 'AWSAccessKeyId', '20130524T000000Z', '20130524', '604800', '-1', 'a'.repeat(64)],
        'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=',
        '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Signature=a&X-Amz-SignedHeaders=host;',
      ),
    );
    const words = fc.array(word, { maxLength: 12 }).map((parts) => parts.join(''));
    const name = fc.oneof(
      fc.constantFrom('authorization', 'host', 'date', 'x-amz-date', 'x-amz-content-sha256', 'content-type', 'range'),
      words,
    );
    const garbage = fc.record({
      method: words,
      target: fc.oneof(
        words,
        words.map((rest) => `/${rest}`),
      ),
      headers: fc.dictionary(name, fc.oneof(words, fc.array(words, { maxLength: 3 }), fc.constant(undefined))),
    });
    fc.assert(fc.property(garbage, isRefused), { numRuns: 3000 });
  });
});
