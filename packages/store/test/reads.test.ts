import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type S3Client, xmlOf } from './support/s3-client.ts';
import { startTestStore, type TestStore } from './support/test-store.ts';

const PART_BYTES = 5 * 1024 * 1024;

describe('a read', () => {
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
  });
  after(() => running[Symbol.asyncDispose]());

  async function upload(key: string, bodies: Buffer[]): Promise<void> {
    const uploadId = await s3.createUpload(key);
    const parts = [];
    for (const [index, body] of bodies.entries()) {
      const { headers } = await s3.uploadPart(key, uploadId, index + 1, body);
      parts.push({ number: index + 1, etag: String(headers.etag) });
    }
    assert.equal((await s3.complete(key, uploadId, parts)).status, 200);
  }

  test('that is resumed with If-Range never mixes two photos', async () => {
    const first = await s3.put('resumed', 'first photo');
    const modified = String((await s3.head('resumed')).headers['last-modified']);
    const range = { range: 'bytes=6-10' };
    for (const validator of [String(first.headers.etag), modified]) {
      const rest = await s3.get('resumed', { ...range, 'if-range': validator });
      assert.deepEqual([rest.status, rest.body.toString()], [206, 'photo']);
    }
    await s3.put('resumed', 'other bytes');
    const stale = [String(first.headers.etag), new Date(0).toUTCString(), `W/${first.headers.etag}`, 'nonsense'];
    for (const validator of stale) {
      const whole = await s3.get('resumed', { ...range, 'if-range': validator });
      assert.deepEqual([whole.status, whole.body.toString()], [200, 'other bytes'], validator);
      assert.equal(whole.headers['content-range'], undefined);
    }
  });

  test('of a part gives its bytes, and tells how many parts there are', async () => {
    const bodies = [randomBytes(PART_BYTES), randomBytes(PART_BYTES + 1), randomBytes(7)];
    await upload('parts', bodies);
    let start = 0;
    for (const [index, body] of bodies.entries()) {
      const query = { partNumber: String(index + 1) };
      for (const method of ['GET', 'HEAD']) {
        const part = await s3.call({ method, key: 'parts', query });
        assert.equal(part.status, 206);
        assert.equal(part.headers['x-amz-mp-parts-count'], '3');
        assert.equal(part.headers['content-length'], String(body.length));
        const end = start + body.length - 1;
        assert.equal(part.headers['content-range'], `bytes ${start}-${end}/${2 * PART_BYTES + 8}`);
        if (method === 'GET') assert.ok(part.body.equals(body));
      }
      start += body.length;
    }
    const beyond = await s3.get('parts', {}, { partNumber: '4' });
    assert.deepEqual([beyond.status, beyond.code], [416, 'InvalidPartNumber']);
    assert.equal((await s3.get('parts', {}, { partNumber: '0' })).code, 'InvalidArgument');
    assert.equal((await s3.get('parts', { range: 'bytes=0-1' }, { partNumber: '1' })).code, 'InvalidRequest');
    assert.equal((await s3.head('parts')).headers['x-amz-mp-parts-count'], undefined);
  });

  test('of the only part of an object gives it whole', async () => {
    await s3.put('one', 'bytes');
    const part = await s3.get('one', {}, { partNumber: '1' });
    assert.equal(part.body.toString(), 'bytes');
    assert.equal(part.headers['x-amz-mp-parts-count'], undefined);
    assert.equal((await s3.get('one', {}, { partNumber: '2' })).code, 'InvalidPartNumber');
    await s3.put('empty', '');
    assert.equal((await s3.get('empty', {}, { partNumber: '1' })).body.length, 0);
    await upload('empty-part', [Buffer.alloc(0)]);
    const empty = await s3.get('empty-part', {}, { partNumber: '1' });
    assert.deepEqual([empty.body.length, empty.headers['x-amz-mp-parts-count']], [0, '1']);
  });

  test('of attributes tells what was asked for, by pages of parts', async () => {
    await upload('attributes', [randomBytes(PART_BYTES), randomBytes(3)]);
    const ask = async (names: string, more: Record<string, string> = {}) => {
      const headers = { 'x-amz-object-attributes': names, ...more };
      return s3.call({ method: 'GET', key: 'attributes', query: { attributes: '' }, headers });
    };
    const told = xmlOf(await ask('ETag,ObjectSize, StorageClass,ObjectParts'), 'GetObjectAttributesResponse', ['Part']);
    const { headers } = await s3.head('attributes');
    assert.equal(`"${told.ETag}"`, headers.etag);
    assert.equal(told.ObjectSize, String(PART_BYTES + 3));
    assert.equal(told.StorageClass, 'STANDARD');
    assert.deepEqual(
      (told.ObjectParts as { Part: object[] }).Part.map((part) => ({ ...part })),
      [
        { PartNumber: '1', Size: String(PART_BYTES) },
        { PartNumber: '2', Size: '3' },
      ],
    );
    const page = await ask('ObjectParts', { 'x-amz-max-parts': '1' });
    assert.match(page.body.toString(), /<NextPartNumberMarker>1<.*<IsTruncated>true</s);
    assert.doesNotMatch(page.body.toString(), /ETag/);
    const rest = await ask('ObjectParts', { 'x-amz-part-number-marker': '1' });
    assert.match(rest.body.toString(), /<IsTruncated>false<.*<PartNumber>2</s);
    assert.equal((await ask('Colour')).code, 'InvalidArgument');
    assert.equal((await ask('ETag', { 'x-amz-max-parts': 'x' })).status, 200, 'of no use to what is asked');
  });

  test('of the list tells the owner where it is asked to', async () => {
    await s3.put('owned', 'x');
    assert.doesNotMatch(JSON.stringify(await s3.list()), /Owner/);
    assert.match(JSON.stringify(await s3.list({ 'fetch-owner': 'true' })), /"Owner":\{"ID":"darkslide"/);
  });
});
