import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { request } from '@darkslide/testkit';
import { newBucket, presign, s3Client, s3Code, s3Error, tamper } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);
const MINUTE_MS = 60_000;

await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'kept' }));
const isKept = async () => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  assert.equal(await Body?.transformToString(), 'kept');
};
const putLink = (options?: Parameters<typeof presign>[2]) =>
  presign(target, new PutObjectCommand({ Bucket, Key: 'a' }), options);
const changed = (link: string, change: (url: URL) => void) => {
  const url = new URL(link);
  change(url);
  return url.toString();
};

/** Sends a PUT that must be refused, and returns S3's code for it. */
async function refused(url: string, headers: Record<string, string> = {}): Promise<string | undefined> {
  const answer = await request({ url, method: 'PUT', headers, body: 'evil' });
  assert.ok(answer.status === 403 || answer.status === 400, `${answer.status} ${answer.text}`);
  assert.match(answer.headers['content-type'] ?? '', /xml/);
  await isKept();
  return s3Code(answer.text);
}

describe('a link', () => {
  it('works for what it was signed for [L8.9]', async () => {
    const own = await newBucket(s3);
    const put = await presign(target, new PutObjectCommand({ Bucket: own, Key: 'ü/1 +%.NEF' }));
    assert.equal((await request({ url: put, method: 'PUT', body: 'x' })).status, 200);
    const get = await presign(target, new GetObjectCommand({ Bucket: own, Key: 'ü/1 +%.NEF' }));
    assert.equal((await request({ url: get })).text, 'x');
    const head = await presign(target, new HeadObjectCommand({ Bucket: own, Key: 'ü/1 +%.NEF' }));
    const answer = await request({ url: head, method: 'HEAD' });
    assert.deepEqual([answer.status, answer.headers['content-length']], [200, '1']);
  });

  it('that has expired is AccessDenied [L8.9]', async () => {
    const old = new Date(Date.now() - 10 * MINUTE_MS);
    const expired = await putLink({ expiresIn: 300, signingDate: old });
    assert.equal(await refused(expired), 'AccessDenied');
    assert.match((await request({ url: expired, method: 'PUT', body: 'x' })).text, /expired/i);
    const url = await putLink({ expiresIn: 3600, signingDate: old });
    const { status } = await request({ url: url.replace('/a?', '/b?'), method: 'PUT', body: 'x' });
    assert.equal(status, 403);
  });

  it('that is signed for a later day is refused [L8.10]', async () => {
    const tomorrow = new Date(Date.now() + 24 * 60 * MINUTE_MS);
    assert.ok(await refused(await putLink({ signingDate: tomorrow })));
  });

  it('may live 7 days and no longer, and at least a second [L8.9]', async () => {
    const link = await putLink({ expiresIn: 604_800 });
    const { status } = await request({ url: link, method: 'PUT', body: 'kept' });
    assert.equal(status, 200);
    for (const seconds of ['604801', '0', '-1', 'x', '']) {
      const url = changed(link, ({ searchParams }) => searchParams.set('X-Amz-Expires', seconds));
      assert.equal(await refused(url), 'AuthorizationQueryParametersError', seconds);
    }
  });

  it('that was changed is refused [L8.9]', async () => {
    const link = await putLink();
    const changes: [what: string, change: (url: URL) => void][] = [
      [
        'another key',
        (url) => {
          url.pathname += 'b';
        },
      ],
      ['another expiry', (url) => url.searchParams.set('X-Amz-Expires', '3600')],
      ['another date', (url) => url.searchParams.set('X-Amz-Date', '20200101T000000Z')],
      ['a parameter more', (url) => url.searchParams.append('x-id', 'Other')],
      ['an ACL', (url) => url.searchParams.append('x-amz-acl', 'public-read')],
      ['a subresource', (url) => url.searchParams.append('acl', '')],
      ['no signature', (url) => url.searchParams.delete('X-Amz-Signature')],
      ['an empty signature', (url) => url.searchParams.set('X-Amz-Signature', '')],
      ['a short signature', (url) => url.searchParams.set('X-Amz-Signature', 'abc')],
      ['another signature', (url) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64))],
      ['fewer signed headers', (url) => url.searchParams.set('X-Amz-SignedHeaders', '')],
      ['another algorithm', (url) => url.searchParams.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA1')],
      [
        'another region',
        (url) => {
          const scope = url.searchParams.get('X-Amz-Credential') as string;
          url.searchParams.set('X-Amz-Credential', scope.replace('us-east-1', 'eu-west-1'));
        },
      ],
      ['a broken credential', (url) => url.searchParams.set('X-Amz-Credential', 'x')],
      ['a parameter twice', (url) => url.searchParams.append('X-Amz-Expires', '604800')],
    ];
    for (const [what, change] of changes) assert.ok(await refused(changed(link, change)), what);
  });

  it('refuses another method [L8.9]', async () => {
    const link = await putLink();
    for (const method of ['GET', 'HEAD', 'DELETE']) assert.equal((await request({ url: link, method })).status, 403);
    await isKept();
  });

  it('refuses an x-amz header that was not signed, and a second way to sign [L8.9]', async () => {
    const link = await putLink();
    assert.ok(await refused(link, { 'x-amz-acl': 'public-read' }));
    assert.ok(await refused(link, { 'x-amz-meta-owner': 'me' }));
    assert.ok(
      await refused(link, { Authorization: 'AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/s3/aws4_request' }),
    );
  });

  it('is bound to its host [L8.9]', async () => {
    assert.equal(await refused(await putLink(), { Host: 'photos.example.com' }), 'SignatureDoesNotMatch');
  });
});

describe("a link of AWS's signature version 2", () => {
  const { accessKeyId, secretAccessKey } = target.s3.credentials;

  /** As boto3 and `aws s3 presign` make them by default. */
  function oldLink(method: string, { expires = Math.floor(Date.now() / 1000) + 60, type = '' } = {}): string {
    const signed = `${method}\n\n${type}\n${expires}\n/${Bucket}/a`;
    const Signature = createHmac('sha1', secretAccessKey).update(signed).digest('base64');
    const query = new URLSearchParams({ AWSAccessKeyId: accessKeyId, Signature, Expires: String(expires) });
    return `${target.s3.endpoint}/${Bucket}/a?${query}`;
  }

  it('works for what it was signed for [L8.9]', async () => {
    assert.equal((await request({ url: oldLink('PUT'), method: 'PUT', body: 'kept' })).status, 200);
    assert.equal((await request({ url: oldLink('GET') })).text, 'kept');
    const typed = { url: oldLink('PUT', { type: 'image/jpeg' }), headers: { 'Content-Type': 'image/jpeg' } };
    assert.equal((await request({ ...typed, method: 'PUT', body: 'kept' })).status, 200);
  });

  it('that has expired, was changed, or is of someone else is refused [L8.9]', async () => {
    const link = oldLink('PUT');
    assert.equal(await refused(oldLink('PUT', { expires: Math.floor(Date.now() / 1000) - 60 })), 'AccessDenied');
    assert.equal(await refused(oldLink('GET')), 'SignatureDoesNotMatch');
    assert.equal(await refused(link, { 'Content-Type': 'image/jpeg' }), 'SignatureDoesNotMatch');
    const changes: ((url: URL) => void)[] = [
      ({ searchParams }) => searchParams.set('Expires', '9999999999'),
      ({ searchParams }) => searchParams.set('Expires', 'x'),
      ({ searchParams }) => searchParams.set('Signature', 'x'),
      ({ searchParams }) => searchParams.delete('Signature'),
      ({ searchParams }) => searchParams.set('AWSAccessKeyId', 'NOBODY'),
      ({ searchParams }) => searchParams.append('acl', ''),
      ({ searchParams }) => searchParams.append('uploadId', 'x'),
    ];
    for (const change of changes) assert.ok(await refused(changed(link, change)), String(change));
    assert.ok(await refused(link, { 'x-amz-acl': 'public-read' }));
  });
});

describe('a request', () => {
  it('without a signature is AccessDenied [L8.9]', async () => {
    const url = `${target.s3.endpoint}/${Bucket}/a`;
    assert.equal(await refused(url), 'AccessDenied');
    for (const path of ['', `/${Bucket}`, `/${Bucket}?list-type=2`, `/${Bucket}/a`]) {
      const answer = await request({ url: target.s3.endpoint + path });
      assert.equal(answer.status, 403);
      assert.equal(s3Code(answer.text), 'AccessDenied');
    }
  });

  it('with a nonsense Authorization is refused [L8.9]', async () => {
    const url = `${target.s3.endpoint}/${Bucket}/a`;
    for (const Authorization of ['x', 'Basic YTpi', 'AWS a:b', 'AWS4-HMAC-SHA256 ', 'AWS4-HMAC-SHA256 Credential=,']) {
      assert.ok(await refused(url, { Authorization }), Authorization);
    }
  });

  it('with a wrong secret or an unknown access key is refused [L8.9]', async () => {
    const { credentials } = target.s3;
    const list = new ListObjectsV2Command({ Bucket });
    const wrongSecret = s3Client(target, { credentials: { ...credentials, secretAccessKey: 'wrong' } });
    await assert.rejects(wrongSecret.send(list), s3Error('SignatureDoesNotMatch', 403));
    const unknown = s3Client(target, { credentials: { ...credentials, accessKeyId: 'NOBODY' } });
    await assert.rejects(unknown.send(list), s3Error('InvalidAccessKeyId', 403));
  });

  it('that was changed on its way is refused [L8.9]', async () => {
    const changes: [what: string, change: (request: { path: string; headers: Record<string, string> }) => void][] = [
      [
        'the key',
        (sent) => {
          sent.path = sent.path.replace('/b', '/a');
        },
      ],
      [
        'a signed header',
        (sent) => {
          sent.headers['x-amz-meta-owner'] = 'evil';
        },
      ],
    ];
    for (const [what, change] of changes) {
      const client = tamper(s3Client(target, { maxAttempts: 1 }), 'on the wire', change);
      const command = new PutObjectCommand({ Bucket, Key: 'b', Body: 'x', Metadata: { owner: 'me' } });
      await assert.rejects(client.send(command), s3Error('SignatureDoesNotMatch', 403), what);
    }
    await isKept();
  });

  it('from a clock that is off is refused beyond 15 minutes [L8.10]', async () => {
    for (const minutes of [-16, 16, -24 * 60, 24 * 60]) {
      const client = s3Client(target, { maxAttempts: 1, systemClockOffset: minutes * MINUTE_MS });
      const sent = client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'evil' }));
      await assert.rejects(sent, s3Error('RequestTimeTooSkewed', 403), `${minutes} minutes`);
    }
    for (const minutes of [-14, 14]) {
      const client = s3Client(target, { maxAttempts: 1, systemClockOffset: minutes * MINUTE_MS });
      await client.send(new ListObjectsV2Command({ Bucket }));
    }
    await isKept();
  });
});
