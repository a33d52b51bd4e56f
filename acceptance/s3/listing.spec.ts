import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ListObjectsV2Command, type ListObjectsV2CommandInput, PutObjectCommand } from '@aws-sdk/client-s3';
import { newBucket, s3Client, s3Error } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);

const odd = ['a b', 'a&<>"', 'a+b', 'a%2Fb', 'é', 'zß', '日本', '📷', '\uffee', '~'];
const numbered = Array.from({ length: 30 }, (_, index) => `photos/${String(index % 3)}/DSC_${index}.NEF`);
const keys = [...odd, ...numbered, 'photos', 'photos/', 'photos0'];

/** S3 sorts by the bytes of UTF-8, JavaScript by UTF-16 units. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sorted = [...keys].sort(byBytes);

const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  s3.send(new ListObjectsV2Command({ Bucket, ...input }));

/** All pages of a listing, in order. */
async function listAll(input: Partial<ListObjectsV2CommandInput>) {
  const found = { keys: [] as string[], prefixes: [] as string[], pages: 0 };
  let ContinuationToken: string | undefined;
  do {
    const page = await list({ ...input, ...(ContinuationToken && { ContinuationToken }) });
    found.keys.push(...(page.Contents ?? []).map((object) => object.Key as string));
    found.prefixes.push(...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix as string));
    found.pages += 1;
    assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
    assert.equal(page.KeyCount, (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  return found;
}

describe('listing', () => {
  before(async () => {
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  });

  it('has every key in byte order, with size, etag and time [L8.4]', async () => {
    const { Contents, IsTruncated } = await list();
    assert.deepEqual(
      Contents?.map((object) => object.Key),
      sorted,
    );
    assert.equal(IsTruncated, false);
    for (const { Key, Size, ETag, LastModified } of Contents ?? []) {
      assert.equal(Size, Buffer.byteLength(Key as string));
      assert.match(ETag ?? '', /^"[0-9a-f]{32}"$/);
      assert.ok(LastModified instanceof Date);
    }
  });

  it('has the same keys whatever the size of a page [L8.4]', async () => {
    for (const MaxKeys of [1, 2, 7, sorted.length - 1, sorted.length, sorted.length + 1]) {
      const found = await listAll({ MaxKeys });
      assert.deepEqual(found.keys, sorted);
      assert.equal(found.pages, Math.ceil(sorted.length / MaxKeys), `${MaxKeys} a page`);
    }
    assert.deepEqual((await list({ MaxKeys: 0 })).Contents ?? [], []);
  });

  it('keeps to a prefix [L8.4]', async () => {
    for (const Prefix of ['photos/', 'photos/1/', 'photos', 'a', 'é', 'nobody', '']) {
      assert.deepEqual(
        (await listAll({ Prefix, MaxKeys: 4 })).keys,
        sorted.filter((key) => key.startsWith(Prefix)),
      );
    }
  });

  it('folds what follows a delimiter, on every size of page [L8.4]', async () => {
    for (const MaxKeys of [1, 2, 3, 1000]) {
      const top = await listAll({ Delimiter: '/', MaxKeys });
      assert.deepEqual(top.prefixes, ['photos/']);
      assert.deepEqual(
        top.keys,
        sorted.filter((key) => !key.includes('/')),
      );
      const inside = await listAll({ Delimiter: '/', Prefix: 'photos/', MaxKeys });
      assert.deepEqual(inside.prefixes, ['photos/0/', 'photos/1/', 'photos/2/']);
      assert.deepEqual(inside.keys, ['photos/']);
    }
  });

  it('starts after a key, whether there or not [L8.4]', async () => {
    for (const StartAfter of ['photos/1/', 'photos/0/DSC_9.NEF', 'a', '📷', '\u{10ffff}']) {
      assert.deepEqual(
        (await listAll({ StartAfter, MaxKeys: 5 })).keys,
        sorted.filter((key) => byBytes(key, StartAfter) > 0),
      );
    }
  });

  it('encodes keys when asked [L8.4]', async () => {
    const { Contents, EncodingType } = await list({ EncodingType: 'url', Prefix: 'a' });
    assert.equal(EncodingType, 'url');
    const decode = (key: string) => decodeURIComponent(key.replaceAll('+', '%20'));
    assert.deepEqual(
      Contents?.map((object) => decode(object.Key as string)),
      sorted.filter((key) => key.startsWith('a')),
    );
  });

  it('carries keys that XML can hardly hold [L8.4, L8.5]', async () => {
    const own = await newBucket(s3);
    const awkward = ['a\tb', 'a\nb', 'a\rb', ' lead', 'trail ', ']]>'];
    for (const Key of awkward) await s3.send(new PutObjectCommand({ Bucket: own, Key, Body: 'x' }));
    const { Contents } = await list({ Bucket: own, EncodingType: 'url' });
    assert.deepEqual(
      Contents?.map((object) => decodeURIComponent((object.Key as string).replaceAll('+', '%20'))),
      [...awkward].sort(byBytes),
    );
  });

  it('refuses what makes no sense [L8.4]', async () => {
    await assert.rejects(list({ MaxKeys: -1 }), s3Error('InvalidArgument', 400));
    await assert.rejects(list({ ContinuationToken: 'nonsense' }), s3Error('InvalidArgument', 400));
    await assert.rejects(list({ Bucket: 'no-such-bucket-here' }), s3Error('NoSuchBucket', 404));
  });
});
