import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EXAMPLE_CREDENTIALS, EXAMPLE_NOW, EXAMPLE_REGION, EXAMPLE_SERVER } from '../test/aws-examples.ts';
import { encodeKey, smithySigner } from '../test/smithy.ts';
import type { Credentials } from './credentials.ts';
import { createPresigner, MAX_EXPIRES_IN_SECONDS } from './presign.ts';
import { verifyRequest } from './verify.ts';

const presignerFor = (options: Partial<Parameters<typeof createPresigner>[0]> = {}) =>
  createPresigner({
    credentials: EXAMPLE_CREDENTIALS,
    region: EXAMPLE_REGION,
    endpoint: 'https://s3.amazonaws.com',
    bucket: 'examplebucket',
    pathStyle: false,
    now: () => EXAMPLE_NOW,
    ...options,
  });

/** The link as AWS's signer makes it, its query in the order in which the SDK's clients write it. */
async function smithyLink(options: {
  credentials: Credentials;
  method: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  expiresIn: number;
}) {
  const { credentials, expiresIn, port, ...request } = options;
  const host = port === undefined ? request.hostname : `${request.hostname}:${port}`;
  const signed = await smithySigner(credentials).presign(
    { ...request, protocol: 'https:', headers: { ...request.headers, host }, body: { streamed: true } },
    { signingDate: EXAMPLE_NOW, expiresIn },
  );
  const encode = (text: string) => encodeKey(text).replaceAll('/', '%2F');
  const query = Object.entries(signed.query ?? {})
    .map(([name, value]) => [encode(name), encode(String(value))] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return `https://${host}${request.path}?${query.join('&')}`;
}

describe('createPresigner', () => {
  it('gives the link published in the Amazon S3 API Reference', () => {
    const link = new URL(presignerFor().presign({ method: 'GET', key: 'test.txt', expiresIn: 86_400 }));
    assert.equal(link.origin + link.pathname, 'https://examplebucket.s3.amazonaws.com/test.txt');
    assert.deepEqual(Object.fromEntries(link.searchParams), {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
      'X-Amz-Date': '20130524T000000Z',
      'X-Amz-Expires': '86400',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    });
  });

  it("equals AWS's signer byte for byte, and passes the verifier", async () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~ +/%é'), minLength: 1, maxLength: 12 });
    const header = fc.constantFrom('content-type', 'content-md5', 'x-custom', 'Cache-Language', 'range');
    const value = fc.stringMatching(/^[ -~]{0,20}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'),
          key: fc.string({ unit: 'grapheme', maxLength: 40 }),
          query: fc.dictionary(
            name,
            fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
          ),
          headers: fc.dictionary(header, value),
          expiresIn: fc.integer({ min: 1, max: MAX_EXPIRES_IN_SECONDS }),
          port: fc.option(fc.integer({ min: 1024, max: 65_535 }), { nil: undefined }),
          pathStyle: fc.boolean(),
          sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/), { nil: undefined }),
        }),
        async ({ port, pathStyle, sessionToken, ...request }) => {
          const credentials = { ...EXAMPLE_CREDENTIALS, sessionToken };
          const endpoint = `https://storage.example${port === undefined ? '' : `:${port}`}`;
          const link = presignerFor({ credentials, endpoint, pathStyle }).presign(request);

          const theirs = await smithyLink({
            ...request,
            ...(port !== undefined && { port }),
            credentials,
            hostname: pathStyle ? 'storage.example' : 'examplebucket.storage.example',
            path: `${pathStyle ? '/examplebucket' : ''}/${encodeKey(request.key)}`,
          });
          assert.equal(link, theirs);

          const [, host = '', target = ''] = /^https:\/\/([^/]*)(.*)$/.exec(link) ?? [];
          const headers: Record<string, string> = { host };
          for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
          assert.equal(verifyRequest({ method: request.method, target, headers }, EXAMPLE_SERVER).presigned, true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('follows the clock into the next day', () => {
    let now = new Date('2013-05-24T23:59:59.999Z');
    const presigner = presignerFor({ now: () => now });
    for (const [instant, day] of [
      ['2013-05-24T23:59:59.999Z', '20130524'],
      ['2013-05-25T00:00:00.000Z', '20130525'],
    ] as const) {
      now = new Date(instant);
      const link = new URL(presigner.presign({ method: 'PUT', key: 'a', expiresIn: 60 }));
      assert.match(link.searchParams.get('X-Amz-Credential') ?? '', new RegExp(`/${day}/`));
      const target = link.pathname + link.search;
      verifyRequest({ method: 'PUT', target, headers: { host: link.host } }, { ...EXAMPLE_SERVER, now });
    }
  });

  it("leaves the scheme's own port out of the host and keeps a base path", () => {
    const presigner = presignerFor({ endpoint: 'https://gateway.example:443/s3/', pathStyle: true });
    const link = presigner.presign({ method: 'PUT', key: 'a b', expiresIn: 60 });
    assert.ok(link.startsWith('https://gateway.example/s3/examplebucket/a%20b?X-Amz-Algorithm='));
  });

  it('takes a life of 1 to 604800 whole seconds', () => {
    const presign = (expiresIn: number) => presignerFor().presign({ method: 'GET', key: 'a', expiresIn });
    for (const good of [1, 2, 604_799, 604_800]) assert.ok(presign(good).includes(`X-Amz-Expires=${good}&`));
    for (const bad of [-1, 0, 0.5, 604_801, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => presign(bad), RangeError);
    }
  });
});
