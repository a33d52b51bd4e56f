import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { photoBytes, request } from '@darkslide/testkit';
import { newBucket, presign, s3Client, s3Code, s3Error } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);

const bytes = photoBytes({ seed: 'object', size: 100_000 });
const get = async (Key: string, more: object = {}) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, bytes: Buffer.from((await answer.Body?.transformToByteArray()) ?? []) };
};
const put = (Key: string, Body: Buffer | string, more: object = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

describe('an object', () => {
  it('comes back as it was put, with what was said of it [L8.2]', async () => {
    const said = {
      ContentType: 'image/x-nikon-nef',
      CacheControl: 'no-store',
      ContentDisposition: 'attachment; filename="a.NEF"',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
      Metadata: { camera: 'Z 9', 'x-y': '1' },
    };
    const before = Date.now();
    const { ETag } = await put('a.NEF', bytes, said);
    assert.equal(ETag, `"${createHash('md5').update(bytes).digest('hex')}"`);
    const object = await get('a.NEF');
    assert.ok(object.bytes.equals(bytes));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a.NEF' }));
    for (const answer of [object, head]) {
      for (const [name, value] of Object.entries(said)) {
        assert.deepEqual(answer[name as keyof typeof answer], value, name);
      }
      assert.equal(answer.ETag, ETag);
      assert.equal(answer.ContentLength, bytes.length);
      assert.equal(answer.AcceptRanges, 'bytes');
      assert.ok(Math.abs((answer.LastModified as Date).getTime() - before) < 60_000);
    }
  });

  it('comes back byte for byte, whatever headers were sent to a link that does not sign them [L8.2]', async () => {
    const url = await presign(target, new PutObjectCommand({ Bucket, Key: 'by link' }));
    const headers = { 'Content-Encoding': 'gzip', 'Cache-Control': 'max-age=9', Expires: new Date(4e12).toUTCString() };
    assert.equal((await request({ url, method: 'PUT', headers, body: bytes })).status, 200);
    const object = await get('by link');
    assert.ok(object.bytes.equals(bytes));
    assert.deepEqual(
      [object.ContentEncoding, object.CacheControl, object.ExpiresString],
      [undefined, undefined, undefined],
    );
  });

  it('may be empty [L8.2]', async () => {
    await put('empty', '');
    const object = await get('empty');
    assert.equal(object.bytes.length, 0);
    assert.equal(object.ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
  });

  it('that is not there is NoSuchKey, and in a bucket that is not there NoSuchBucket [L8.2, L8.14]', async () => {
    await assert.rejects(get('nobody'), s3Error('NoSuchKey', 404));
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: 'nobody' })), s3Error('NotFound', 404));
    const elsewhere = { Bucket: 'no-such-bucket-here', Key: 'a' };
    await assert.rejects(s3.send(new GetObjectCommand(elsewhere)), s3Error('NoSuchBucket', 404));
    await assert.rejects(s3.send(new PutObjectCommand({ ...elsewhere, Body: 'x' })), s3Error('NoSuchBucket', 404));
  });

  it('is deleted once and for all, and deleting it again is not an error [L8.2]', async () => {
    await put('gone', 'x');
    for (let count = 0; count < 2; count++) {
      const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
      assert.equal($metadata.httpStatusCode, 204);
    }
    await assert.rejects(get('gone'), s3Error('NoSuchKey'));
  });

  it('is deleted with many others at once [L8.2]', async () => {
    const keys = ['d/1', 'd/2 ü&<>', 'd/3'];
    for (const key of keys) await put(key, 'x');
    const Objects = [...keys, 'd/nobody'].map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.deepEqual(Deleted?.map((each) => each.Key).sort(), [...keys, 'd/nobody'].sort());
    assert.deepEqual(Errors ?? [], []);
    for (const key of keys) await assert.rejects(get(key), s3Error('NoSuchKey'));
    await put('d/quiet', 'x');
    const quiet = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'd/quiet' }], Quiet: true } }),
    );
    assert.deepEqual(quiet.Deleted ?? [], []);
    await assert.rejects(get('d/quiet'), s3Error('NoSuchKey'));
  });

  it('is copied with what was said of it, or with what is said anew [L8.2]', async () => {
    const source = await put('copied ü&+.NEF', bytes, { ContentType: 'image/jpeg', Metadata: { camera: 'Z 9' } });
    const CopySource = `${Bucket}/${encodeURIComponent('copied ü&+.NEF')}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'anew',
        CopySource,
        MetadataDirective: 'REPLACE',
        ContentType: 'image/png',
      }),
    );
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'copied ü&+.NEF' }));
    for (const [key, type, metadata] of [
      ['copy', 'image/jpeg', { camera: 'Z 9' }],
      ['anew', 'image/png', {}],
    ] as const) {
      const copy = await get(key);
      assert.ok(copy.bytes.equals(bytes), 'outlives its source');
      assert.deepEqual([copy.ETag, copy.ContentType, copy.Metadata], [source.ETag, type, metadata]);
    }
    await assert.rejects(
      s3.send(new CopyObjectCommand({ Bucket, Key: 'x', CopySource: `${Bucket}/nobody` })),
      s3Error('NoSuchKey', 404),
    );
  });

  it('is never seen half replaced [L8.2]', async () => {
    const versions = Array.from({ length: 4 }, (_, seed) => photoBytes({ seed, size: 400_000 + seed }));
    await put('busy', versions[0] as Buffer);
    const writes = versions.concat(versions).map((version) => put('busy', version));
    const reads = Array.from({ length: 12 }, async () => {
      const { bytes: read } = await get('busy');
      assert.ok(versions.some((version) => version.equals(read)));
    });
    await Promise.all([...writes, ...reads]);
  });
});

describe('a range', () => {
  it('gives just those bytes [L8.2]', async () => {
    await put('ranged', bytes);
    const cases: [range: string, from: number, to: number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=10-19', 10, 20],
      ['bytes=99990-', 99_990, 100_000],
      ['bytes=-10', 99_990, 100_000],
      ['bytes=99999-200000', 99_999, 100_000],
      ['bytes=0-99999', 0, 100_000],
      ['bytes=-200000', 0, 100_000],
    ];
    for (const [Range, from, to] of cases) {
      const part = await get('ranged', { Range });
      assert.equal(part.$metadata.httpStatusCode, 206, Range);
      assert.equal(part.ContentRange, `bytes ${from}-${to - 1}/100000`);
      assert.ok(part.bytes.equals(bytes.subarray(from, to)), Range);
    }
  });

  it('outside the object is InvalidRange, and one that makes no sense is the whole [L8.2]', async () => {
    await put('ranged', bytes);
    await put('nothing', '');
    for (const Range of ['bytes=100000-', 'bytes=100000-100001', 'bytes=-0']) {
      await assert.rejects(get('ranged', { Range }), s3Error('InvalidRange', 416));
    }
    await assert.rejects(get('nothing', { Range: 'bytes=0-0' }), s3Error('InvalidRange', 416));
    for (const Range of ['bytes=5-2', 'rows=1-2', 'bytes=x-']) {
      const whole = await get('ranged', { Range });
      assert.deepEqual([whole.$metadata.httpStatusCode, whole.bytes.length], [200, bytes.length], Range);
    }
  });
});

describe('response overrides', () => {
  it('change the headers of a signed answer, and nothing else [L8.2]', async () => {
    await put('a.NEF', bytes, { ContentType: 'image/x-nikon-nef' });
    const url = await presign(
      target,
      new GetObjectCommand({
        Bucket,
        Key: 'a.NEF',
        ResponseContentType: 'application/octet-stream',
        ResponseContentDisposition: 'attachment; filename="ü.NEF"',
        ResponseCacheControl: 'no-cache',
      }),
    );
    const { headers, body } = await request({ url });
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.match(headers['content-disposition'] ?? '', /^attachment; filename=/);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.ok(body.equals(bytes));
  });

  it('can not smuggle a header in [L8.2, L8.15]', async () => {
    await put('a.NEF', bytes);
    const ResponseContentDisposition = 'inline\r\nSet-Cookie: a=1';
    const url = await presign(target, new GetObjectCommand({ Bucket, Key: 'a.NEF', ResponseContentDisposition }));
    const { headers } = await request({ url });
    assert.equal(headers['set-cookie'], undefined);
  });
});

describe('conditions', () => {
  it('of a read [L8.3]', async () => {
    const { ETag } = await put('conditional', 'x');
    const other = '"00000000000000000000000000000000"';
    assert.equal((await get('conditional', { IfMatch: ETag })).bytes.toString(), 'x');
    assert.equal((await get('conditional', { IfNoneMatch: other })).bytes.toString(), 'x');
    await assert.rejects(get('conditional', { IfMatch: other }), s3Error('PreconditionFailed', 412));
    const url = await presign(target, new GetObjectCommand({ Bucket, Key: 'conditional' }));
    const fresh = await request({ url, headers: { 'If-None-Match': ETag as string } });
    assert.deepEqual([fresh.status, fresh.body.length], [304, 0]);
    const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'conditional' }));
    const since = await request({ url, headers: { 'If-Modified-Since': (LastModified as Date).toUTCString() } });
    assert.equal(since.status, 304);
    const unmodified = await request({ url, headers: { 'If-Unmodified-Since': new Date(0).toUTCString() } });
    assert.equal(unmodified.status, 412);
  });

  it('of a write keep what is there [L8.3]', async () => {
    const { ETag } = await put('once', 'first', { IfNoneMatch: '*' });
    await assert.rejects(put('once', 'second', { IfNoneMatch: '*' }), s3Error('PreconditionFailed', 412));
    assert.equal((await get('once')).bytes.toString(), 'first');
    await assert.rejects(put('once', 'second', { IfMatch: '"0123"' }), s3Error('PreconditionFailed', 412));
    const { ETag: second } = await put('once', 'second', { IfMatch: ETag });
    assert.notEqual(second, ETag);
    assert.equal((await get('once')).bytes.toString(), 'second');
    await assert.rejects(put('never', 'x', { IfMatch: ETag }), s3Error('NoSuchKey', 404));
  });

  it('of a range never mix two photos [L8.3]', async () => {
    const { ETag } = await put('resumed', 'first photo');
    const url = await presign(target, new GetObjectCommand({ Bucket, Key: 'resumed' }));
    const resume = () => request({ url, headers: { Range: 'bytes=6-', 'If-Range': ETag as string } });
    const rest = await resume();
    assert.deepEqual([rest.status, rest.text], [206, 'photo']);
    await put('resumed', 'other bytes');
    const whole = await resume();
    assert.deepEqual([whole.status, whole.text], [200, 'other bytes']);
  });

  it('of a delete keep what is not as it was told to be [L8.3]', async () => {
    const { ETag } = await put('doomed', 'x');
    const one = (more: object) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'doomed', ...more }));
    const many = (more: object) =>
      s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'doomed', ...more }] } }));
    await assert.rejects(one({ IfMatch: '"0123"' }), s3Error('PreconditionFailed', 412));
    await assert.rejects(one({ IfMatchSize: 2 }), s3Error('PreconditionFailed', 412));
    await assert.rejects(one({ VersionId: 'unknown' }), s3Error('InvalidArgument', 400));
    for (const more of [{ ETag: '"0123"' }, { Size: 2 }, { LastModifiedTime: new Date(0) }, { VersionId: 'unknown' }]) {
      const { Errors, Deleted } = await many(more);
      assert.match(Errors?.[0]?.Code ?? '', /^(PreconditionFailed|NoSuchVersion)$/, JSON.stringify(more));
      assert.deepEqual(Deleted ?? [], []);
    }
    assert.equal((await get('doomed')).bytes.toString(), 'x');
    await many({ ETag, Size: 1 });
    await assert.rejects(get('doomed'), s3Error('NoSuchKey'));
  });

  it('let one of many writers win [L8.3]', async () => {
    const writers = Array.from({ length: 12 }, (_, index) => put('race', String(index), { IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled(writers);
    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [String(index)] : []));
    assert.equal(winners.length, 1);
    assert.equal((await get('race')).bytes.toString(), winners[0]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        assert.match((outcome.reason as Error).name, /^(PreconditionFailed|ConditionalRequestConflict)$/);
      }
    }
  });
});

describe('a key', () => {
  const keys = [
    'plain',
    'a/b/c',
    '/leading',
    'trailing/',
    'a//b',
    '..',
    '.',
    '../../../../etc/passwd',
    'a/../b',
    './a',
    'a b+c%2F%00&=?#',
    'ü日本📷',
    '<xml>&amp;"\'',
    '\\\\server\\share',
    '~!@$^*()_-=[]{}|;:,',
    'con',
    'line\nbreak\ttab',
    'x'.repeat(1024),
    'é'.repeat(512),
  ];

  it('is any text of up to 1,024 bytes [L8.5]', async () => {
    for (const key of keys) {
      const content = `content of ${key}`;
      await put(key, content);
      assert.equal((await get(key)).bytes.toString(), content, key.slice(0, 40));
    }
    for (const key of keys) {
      assert.equal((await get(key)).bytes.toString(), `content of ${key}`, 'none took the place of another');
    }
  });

  it('that is longer is refused [L8.5]', async () => {
    for (const key of ['x'.repeat(1025), 'é'.repeat(513)]) {
      await assert.rejects(put(key, 'x'), s3Error('KeyTooLongError', 400));
    }
  });

  it('that is not UTF-8 is refused [L8.5]', async () => {
    const url = new URL(await presign(target, new PutObjectCommand({ Bucket, Key: 'a' })));
    for (const path of ['%ff', '%c0%af', '%ed%a0%80', '%zz', '%']) {
      const answer = await request({ url, target: `/${Bucket}/${path}${url.search}`, method: 'PUT', body: 'x' });
      assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
      assert.ok(s3Code(answer.text), answer.text);
    }
  });
});

describe('a bucket', () => {
  it('is created once, found and listed [L8.14]', async () => {
    const Name = await newBucket(s3);
    await s3.send(new HeadBucketCommand({ Bucket: Name }));
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    const names = Buckets?.map((bucket) => bucket.Name);
    assert.ok(names?.includes(Name) && names.includes(target.s3.bucket));
    await s3.send(new GetBucketLocationCommand({ Bucket: Name }));
    await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: 'no-such-bucket-here' })), s3Error('NotFound', 404));
  });
});
