import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  EMPTY_SHA256,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_NOW,
  EXAMPLE_REGION,
  EXAMPLE_SERVER,
} from '../test/aws-examples.ts';
import { smithySigner } from '../test/smithy.ts';
import { S3Error, type S3ErrorCode } from './errors.ts';
import { createPresigner, type PresignRequest } from './presign.ts';
import { type RequestHeaders, signRequest } from './signing.ts';
import { type SignedRequest, verifyRequest } from './verify.ts';

const HOST = 'storage.example:9000';
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const verify = (request: SignedRequest, now = EXAMPLE_NOW) => verifyRequest(request, { ...EXAMPLE_SERVER, now });

const later = (milliseconds: number) => new Date(EXAMPLE_NOW.getTime() + milliseconds);

function refuses(request: SignedRequest, code: S3ErrorCode, message?: RegExp, now = EXAMPLE_NOW): S3Error {
  let refusal: unknown;
  assert.throws(
    () => verify(request, now),
    (error) => {
      refusal = error;
      return error instanceof S3Error;
    },
  );
  assert.ok(refusal instanceof S3Error);
  assert.equal(refusal.code, code, refusal.message);
  if (message !== undefined) assert.match(refusal.message, message);
  return refusal;
}

/** A link's request, with the changes a test makes to its query and headers. */
function linked(
  options: Partial<PresignRequest> & {
    now?: Date;
    sent?: RequestHeaders;
    change?: (query: URLSearchParams) => void;
  } = {},
): SignedRequest {
  const { now = EXAMPLE_NOW, sent = {}, change, ...request } = options;
  const presigner = createPresigner({
    credentials: EXAMPLE_CREDENTIALS,
    region: EXAMPLE_REGION,
    endpoint: `http://${HOST}`,
    bucket: 'bucket',
    pathStyle: true,
    now: () => now,
  });
  const url = new URL(presigner.presign({ method: 'PUT', key: 'DSC_0001.NEF', expiresIn: 900, ...request }));
  change?.(url.searchParams);
  return { method: request.method ?? 'PUT', target: url.pathname + url.search, headers: { host: HOST, ...sent } };
}

/** A request signed in its headers, with the changes a test makes to them. */
function signed(
  options: { headers?: Record<string, string>; sent?: RequestHeaders; target?: string; now?: Date } = {},
) {
  const { headers = {}, sent = {}, target = '/bucket/key', now = EXAMPLE_NOW } = options;
  const all = signRequest({
    method: 'PUT',
    url: `http://${HOST}${target}`,
    headers,
    credentials: EXAMPLE_CREDENTIALS,
    region: EXAMPLE_REGION,
    now,
  });
  return { method: 'PUT', target, headers: { ...all, ...sent } };
}

const rewritten = (request: SignedRequest, from: string | RegExp, to: string): SignedRequest => ({
  ...request,
  headers: { ...request.headers, authorization: String(request.headers.authorization).replace(from, to) },
});

describe('a link', () => {
  it('takes an absent content type for an empty one, where that is signed', () => {
    const headers = { 'content-type': '' };
    assert.deepEqual(verify(linked({ headers })).payload, { kind: 'unsigned' });
    verify(linked({ headers, sent: { 'content-type': '' } }));
    refuses(linked({ headers, sent: { 'content-type': 'image/jpeg' } }), 'SignatureDoesNotMatch');
  });

  it('takes further headers that are not x-amz- headers', () => {
    verify(
      linked({ sent: { 'content-type': 'image/jpeg', 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==', range: 'bytes=0-1' } }),
    );
  });

  it('refuses x-amz- headers that are not signed, but for the payload hash', () => {
    const refusal = refuses(
      linked({ sent: { 'x-amz-acl': 'public-read', 'x-amz-meta-a': 'b' } }),
      'AccessDenied',
      /not signed/,
    );
    assert.deepEqual(refusal.details, { HeadersNotSigned: 'x-amz-acl, x-amz-meta-a' });
    verify(linked({ sent: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }));
    refuses(linked({ sent: { 'x-amz-content-sha256': EMPTY_SHA256 } }), 'SignatureDoesNotMatch');
  });

  it('lives from 15 minutes before its date to its end', () => {
    const link = linked({ expiresIn: 60 });
    verify(link, later(-15 * MINUTE));
    verify(link, later(60 * SECOND));
    refuses(link, 'AccessDenied', /^Request is not yet valid$/, later(-15 * MINUTE - 1));
    const refusal = refuses(link, 'AccessDenied', /^Request has expired$/, later(60 * SECOND + 1));
    assert.equal(refusal.status, 403);
    assert.deepEqual(refusal.details, {
      'X-Amz-Expires': '60',
      Expires: '2013-05-24T00:01:00Z',
      ServerTime: '2013-05-24T00:01:00Z',
    });
  });

  it('must live 1 to 604800 seconds', () => {
    const living = (expires: string) => linked({ change: (query) => query.set('X-Amz-Expires', expires) });
    for (const expires of ['-1', '0', '604801', '99999999999999999999', '', '1.5', '1e3', 'x']) {
      refuses(living(expires), 'AuthorizationQueryParametersError', /X-Amz-Expires/);
    }
    for (const expires of ['1', '604800']) refuses(living(expires), 'SignatureDoesNotMatch');
  });

  it('must carry every parameter once', () => {
    for (const name of ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature']) {
      const without = linked({ change: (query) => query.delete(`X-Amz-${name}`) });
      refuses(without, 'AuthorizationQueryParametersError');
      const twice = linked({ change: (query) => query.append(`X-Amz-${name}`, query.get(`X-Amz-${name}`) ?? '') });
      refuses(twice, 'AuthorizationQueryParametersError', /more than once/);
    }
  });

  it('must have parameters of the right form', () => {
    const changes: [name: string, value: string, message: RegExp][] = [
      ['Algorithm', 'AWS4-ECDSA-P256-SHA256', /only supports "AWS4-HMAC-SHA256"/],
      ['Date', '2013-05-24T00:00:00Z', /ISO8601 Long Format/],
      ['Date', '20130231T000000Z', /ISO8601 Long Format/],
      ['Credential', 'AKIAIOSFODNN7EXAMPLE', /mal-formed/],
      ['Credential', 'AKIAIOSFODNN7EXAMPLE/2013/us-east-1/s3/aws4_request', /incorrect date format "2013"/],
      ['Credential', 'AKIAIOSFODNN7EXAMPLE/20130523/us-east-1/s3/aws4_request', /Invalid credential date/],
      [
        'Credential',
        'AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request',
        /'eu-west-1' is wrong; expecting 'us-east-1'/,
      ],
      ['Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/sns/aws4_request', /incorrect service "sns"/],
      ['Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws5_request', /incorrect terminal "aws5_request"/],
      ['SignedHeaders', 'host;host', /SignedHeaders/],
      ['SignedHeaders', 'Host', /SignedHeaders/],
      ['SignedHeaders', '', /SignedHeaders/],
    ];
    for (const [name, value, message] of changes) {
      refuses(
        linked({ change: (query) => query.set(`X-Amz-${name}`, value) }),
        'AuthorizationQueryParametersError',
        message,
      );
    }
  });

  it('must sign its host', () => {
    const refusal = refuses(
      linked({ change: (query) => query.set('X-Amz-SignedHeaders', 'range') }),
      'AccessDenied',
      /not signed/,
    );
    assert.deepEqual(refusal.details, { HeadersNotSigned: 'host' });
  });

  it('takes a signed header that is not there for an empty one, whatever its name', () => {
    for (const name of ['constructor', '__proto__', 'range']) {
      refuses(linked({ change: (query) => query.set('X-Amz-SignedHeaders', `${name};host`) }), 'SignatureDoesNotMatch');
    }
  });

  it('must be of a known access key', () => {
    const credential = 'NOBODY/20130524/us-east-1/s3/aws4_request';
    const refusal = refuses(
      linked({ change: (query) => query.set('X-Amz-Credential', credential) }),
      'InvalidAccessKeyId',
    );
    assert.deepEqual(refusal.details, { AWSAccessKeyId: 'NOBODY' });
  });

  it('reads + in its query as a space, and in its path as itself', () => {
    const link = linked({ key: 'a+b c', query: { prefix: 'd e+f' } });
    verify({ ...link, target: link.target.replace('prefix=d%20e%2Bf', 'prefix=d+e%2Bf') });
    verify({ ...link, target: link.target.replace('/a%2Bb', '/a+b') });
    refuses({ ...link, target: link.target.replace('/a%2Bb%20c', '/a%2Bb+c') }, 'SignatureDoesNotMatch');
  });

  it('may be sent with another percent-encoding of the same bytes', () => {
    const link = linked({ key: "it's (1) ~ $é.NEF" });
    const target = link.target.replaceAll('%27', "'").replace('%28', '(').replace('~', '%7e').replace('%24', '$');
    assert.notEqual(target, link.target);
    verify({ ...link, target });
  });

  it('may be sent with the own port of its scheme', () => {
    const presigner = createPresigner({
      credentials: EXAMPLE_CREDENTIALS,
      region: EXAMPLE_REGION,
      endpoint: 'https://storage.example:443',
      bucket: 'bucket',
      pathStyle: true,
      now: () => EXAMPLE_NOW,
    });
    const url = new URL(presigner.presign({ method: 'GET', key: 'a', expiresIn: 60 }));
    const request = (host: string) => ({ method: 'GET', target: url.pathname + url.search, headers: { host } });
    verify(request('storage.example'));
    verify(request('storage.example:443'));
    refuses(request('storage.example:8443'), 'SignatureDoesNotMatch');
  });
});

describe('a signature in the headers', () => {
  it('tells how to read the body', () => {
    const payloadOf = (payloadHash: string) => {
      const headers = signRequest({
        method: 'PUT',
        url: `http://${HOST}/b/k`,
        credentials: EXAMPLE_CREDENTIALS,
        region: EXAMPLE_REGION,
        now: EXAMPLE_NOW,
        payloadHash,
      });
      return verify({ method: 'PUT', target: '/b/k', headers }).payload;
    };
    assert.deepEqual(payloadOf('UNSIGNED-PAYLOAD'), { kind: 'unsigned' });
    assert.deepEqual(payloadOf(EMPTY_SHA256.toUpperCase()), { kind: 'sha256', hex: EMPTY_SHA256 });
    assert.deepEqual(payloadOf('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), { kind: 'aws-chunked', trailer: true });
    for (const trailer of [false, true]) {
      const payload = payloadOf(`STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}`);
      assert.ok(payload.kind === 'aws-chunked' && payload.signatures !== undefined);
      assert.equal(payload.trailer, trailer);
    }
    assert.throws(() => payloadOf('e3b0'), { code: 'InvalidArgument' });
    assert.throws(() => payloadOf('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'), { code: 'InvalidArgument' });
  });

  it('lives 15 minutes either way', () => {
    for (const skew of [-15 * MINUTE, 15 * MINUTE]) verify(signed(), later(skew));
    for (const skew of [-15 * MINUTE - 1, 15 * MINUTE + 1]) {
      const refusal = refuses(signed(), 'RequestTimeTooSkewed', undefined, later(skew));
      assert.equal(refusal.status, 403);
      assert.equal(refusal.details.MaxAllowedSkewMilliseconds, '900000');
    }
  });

  it('may take its time from Date', () => {
    const request = signed();
    const { 'x-amz-date': _, ...headers } = request.headers as Record<string, string>;
    const authorization = headers.authorization?.replace(';x-amz-date', '');
    // The signature is over x-amz-date, so what a Date is taken for shows in the refusal.
    for (const date of ['Fri, 24 May 2013 00:00:00 GMT', '20130524T000000Z']) {
      refuses({ ...request, headers: { ...headers, authorization, date } }, 'SignatureDoesNotMatch');
    }
    for (const date of ['Fri, 24 May 2013 00:15:01 GMT', '20130524T001501Z']) {
      refuses({ ...request, headers: { ...headers, authorization, date } }, 'RequestTimeTooSkewed');
    }
    for (const date of ['', 'yesterday', 'Fri, 31 Feb 2013 00:00:00 GMT', '2013-05-24']) {
      refuses({ ...request, headers: { ...headers, authorization, date } }, 'AccessDenied', /Date/);
    }
  });

  it('joins repeated headers with a comma and makes runs of blanks one', () => {
    const request = signed({ headers: { 'x-amz-meta-a': 'one,two three' } });
    verify({ ...request, headers: { ...request.headers, 'x-amz-meta-a': ['one ', '  two \t  three'] } });
    verify({ ...request, headers: { ...request.headers, 'x-amz-meta-a': ' one,two   three ' } });
    refuses(
      { ...request, headers: { ...request.headers, 'x-amz-meta-a': ['two three', 'one'] } },
      'SignatureDoesNotMatch',
    );
  });

  it('must be well-formed', () => {
    const malformed = 'AuthorizationHeaderMalformed';
    refuses(rewritten(signed(), /, Signature=.*/, ''), malformed, /three components/);
    refuses(rewritten(signed(), 'SignedHeaders', 'Signed'), malformed, /three components/);
    refuses(rewritten(signed(), /$/, ', Extra=1'), malformed, /three components/);
    refuses(rewritten(signed(), 'us-east-1', 'eu-west-1'), malformed, /expecting 'us-east-1'/);
    refuses(rewritten(signed(), '20130524', '20130523'), malformed, /Invalid credential date/);
    refuses(rewritten(signed(), '/s3/', '/'), malformed, /mal-formed/);
    refuses(rewritten(signed(), 'SignedHeaders=', 'SignedHeaders=;'), malformed);
    refuses(rewritten(signed(), 'SignedHeaders=host;', 'SignedHeaders='), 'AccessDenied', /not signed/);
    refuses(rewritten(signed(), 'AKIA', 'BKIA'), 'InvalidAccessKeyId');
    refuses(rewritten(signed(), /Signature=..../, 'Signature=zzzz'), 'SignatureDoesNotMatch');
    refuses(rewritten(signed(), /Signature=.*/, 'Signature='), 'SignatureDoesNotMatch');
    refuses(rewritten(signed(), 'AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512'), 'InvalidRequest', /not supported/);
    refuses(rewritten(signed(), /.*/, 'AWS AKIAIOSFODNN7EXAMPLE:c2ln'), 'InvalidRequest', /not supported/);
    refuses(rewritten(signed(), /.*/, 'Bearer token'), 'InvalidRequest', /not supported/);
  });

  it('must cover every x-amz- header, and the payload hash must be there', () => {
    refuses(signed({ sent: { 'x-amz-acl': 'public-read' } }), 'AccessDenied', /not signed/);
    refuses(signed({ sent: { 'x-amz-content-sha256': undefined } }), 'InvalidRequest', /x-amz-content-sha256/);
    refuses(signed({ sent: { 'x-amz-date': undefined } }), 'AccessDenied', /x-amz-date/);
    refuses(signed({ sent: { 'x-amz-date': ['20130524T000000Z', '20130524T000000Z'] } }), 'InvalidArgument');
  });

  it('may be over the path as it was sent, as curl signs', async () => {
    const target = "/bucket/it's%2Fone";
    const request = { method: 'GET', protocol: 'http:', hostname: 'storage.example', path: target, query: {} };
    const headers = { host: 'storage.example', 'x-amz-content-sha256': EMPTY_SHA256 };
    const signed = await smithySigner(EXAMPLE_CREDENTIALS).sign({ ...request, headers }, { signingDate: EXAMPLE_NOW });
    verify({ method: 'GET', target, headers: signed.headers });
    refuses({ method: 'GET', target: '/bucket/it%27s%2fone', headers: signed.headers }, 'SignatureDoesNotMatch');
  });
});

describe('a request', () => {
  it('must be signed', () => {
    refuses({ method: 'GET', target: '/bucket/key', headers: { host: HOST } }, 'AccessDenied', /^Access Denied$/);
  });

  it('must be signed in one way', () => {
    const both = { ...linked(), headers: signed().headers };
    refuses(both, 'InvalidArgument', /Only one auth mechanism/);
    const version2 = '/bucket/key?AWSAccessKeyId=A&Expires=1&Signature=c2ln';
    refuses({ ...signed(), target: version2 }, 'InvalidArgument', /Only one auth mechanism/);
  });

  it('must have a target that can be decoded', () => {
    for (const target of ['', '*', 'http://storage.example/', '/%', '/%2', '/%zz', '/a?b=%', '/\u0100']) {
      refuses({ method: 'GET', target, headers: { host: HOST } }, 'InvalidURI');
    }
  });
});
