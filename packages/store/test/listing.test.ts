import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { XmlObject } from '@darkslide/s3wire';
import fc from 'fast-check';
import { type S3Client, xmlOf } from './support/s3-client.ts';
import { startTestStore, type TestStore } from './support/test-store.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What S3 lists, by its own description: a key each, or the prefix that it shares with others up to the delimiter. */
function expected(keys: string[], { prefix, delimiter, after }: { prefix: string; delimiter: string; after: string }) {
  const shown = keys
    .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
    .map((key) => {
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return at < 0 ? key : key.slice(0, at + delimiter.length);
    });
  return [...new Set(shown)].sort(byBytes);
}

const texts = (page: XmlObject, list: string, element: string) =>
  ((page[list] ?? []) as XmlObject[]).map((entry) => decodeURIComponent(String(entry[element])));

const shownOn = (page: XmlObject) => [...texts(page, 'Contents', 'Key'), ...texts(page, 'CommonPrefixes', 'Prefix')];

describe('listings', () => {
  const keys = [
    'a',
    'a/',
    'a/1',
    'a/2/x',
    'a/2/y',
    'a-b',
    'b//c',
    'b/c',
    'ß',
    'zz/é',
    'zz/e\u0301',
    'zz/😀',
    'zz/\uffff',
    'x y+z&<>',
    'ctl\u0001',
  ].concat(Array.from({ length: 40 }, (_, index) => `run/${index}/file`));
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
    for (const key of keys) assert.equal((await s3.put(key, 'x')).status, 200);
  });
  after(() => running[Symbol.asyncDispose]());

  const query = fc.record({
    prefix: fc.constantFrom('', 'a', 'a/', 'a/2', 'b/', 'run/', 'run/1', 'zz/', 'none'),
    delimiter: fc.constantFrom('', '/', '2/', 'e'),
    after: fc.constantFrom('', 'a', 'a/1', 'b', 'run/3', 'zz'),
    size: fc.integer({ min: 1, max: 12 }),
  });

  test('ListObjectsV2 pages through exactly what stands there, in byte order', async () => {
    await fc.assert(
      fc.asyncProperty(query, async ({ size, ...wanted }) => {
        const listed: string[] = [];
        let token: string | undefined;
        do {
          const page = await s3.list({
            prefix: wanted.prefix,
            'max-keys': String(size),
            'encoding-type': 'url',
            ...(wanted.delimiter && { delimiter: wanted.delimiter }),
            ...(wanted.after && { 'start-after': wanted.after }),
            ...(token && { 'continuation-token': token }),
          });
          const shown = shownOn(page);
          assert.equal(page.KeyCount, String(shown.length));
          assert.ok(shown.length <= size);
          listed.push(...shown.sort(byBytes));
          assert.equal(page.IsTruncated, String(page.NextContinuationToken !== undefined));
          token = page.NextContinuationToken as string | undefined;
        } while (token !== undefined);
        assert.deepEqual(listed, expected(keys, wanted));
      }),
      { numRuns: 80 },
    );
  });

  test('ListObjects pages by its markers', async () => {
    await fc.assert(
      fc.asyncProperty(query, async ({ size, prefix, delimiter }) => {
        const listed: string[] = [];
        let marker: string | undefined = '';
        while (marker !== undefined) {
          const answer = await s3.call({
            method: 'GET',
            query: {
              prefix,
              marker,
              'max-keys': String(size),
              'encoding-type': 'url',
              ...(delimiter && { delimiter }),
            },
          });
          const page = xmlOf(answer, 'ListBucketResult', ['Contents', 'CommonPrefixes']);
          const shown = shownOn(page).sort(byBytes);
          listed.push(...shown);
          const next = page.NextMarker === undefined ? shown.at(-1) : decodeURIComponent(String(page.NextMarker));
          marker = page.IsTruncated === 'true' ? next : undefined;
        }
        assert.deepEqual(listed, expected(keys, { prefix, delimiter, after: '' }));
      }),
      // A marker that is a key and ends with the delimiter, but stands for nothing else.
      { numRuns: 40, examples: [[{ prefix: 'a/', delimiter: '/', after: '', size: 1 }]] },
    );
  });

  test('a page of no keys is not truncated, a wrong size or token is refused', async () => {
    assert.equal((await s3.list({ 'max-keys': '0' })).IsTruncated, 'false');
    const refused = { 'list-type': '2', 'max-keys': '-1' };
    assert.equal((await s3.call({ method: 'GET', query: refused })).code, 'InvalidArgument');
    const forged = { 'list-type': '2', 'continuation-token': 'x' };
    assert.equal((await s3.call({ method: 'GET', query: forged })).code, 'InvalidArgument');
  });

  test('ListMultipartUploads pages through the open ones by key and upload', async () => {
    const opened: string[] = [];
    for (const key of ['m/a', 'm/a', 'm/b/c', 'm/b/d', 'm/e']) opened.push(`${key} ${await s3.createUpload(key)}`);
    const listed: string[] = [];
    let markers: Record<string, string> = {};
    for (;;) {
      const answer = await s3.call({
        method: 'GET',
        query: { uploads: '', prefix: 'm/', 'max-uploads': '2', ...markers },
      });
      const page = xmlOf(answer, 'ListMultipartUploadsResult', ['Upload']);
      listed.push(...((page.Upload ?? []) as XmlObject[]).map(({ Key, UploadId }) => `${Key} ${UploadId}`));
      if (page.IsTruncated !== 'true') break;
      markers = { 'key-marker': String(page.NextKeyMarker), 'upload-id-marker': String(page.NextUploadIdMarker) };
    }
    assert.deepEqual(listed, opened.toSorted(byBytes));

    const grouped = await s3.call({ method: 'GET', query: { uploads: '', prefix: 'm/', delimiter: '/' } });
    const page = xmlOf(grouped, 'ListMultipartUploadsResult', ['Upload', 'CommonPrefixes']);
    assert.deepEqual(texts(page, 'CommonPrefixes', 'Prefix'), ['m/b/']);
    assert.deepEqual(texts(page, 'Upload', 'Key'), ['m/a', 'm/a', 'm/e']);
  });
});
