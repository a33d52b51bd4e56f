import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { during } from './support/during.ts';
import { xmlOf } from './support/s3-client.ts';
import { blobFiles, startTestStore, until } from './support/test-store.ts';

describe('buckets', () => {
  test('are listed by pages, each once and in order', async () => {
    await during(startTestStore(), async (running) => {
      const { s3 } = running;
      const names = ['bucket-a', 'bucket-b', 'bucket-c', 'other', 'photos'];
      for (const bucket of names.slice(0, 4)) await s3.call({ method: 'PUT', bucket });

      async function listed(query: Record<string, string>): Promise<string[][]> {
        const pages: string[][] = [];
        let token: string | undefined;
        do {
          const more: Record<string, string> = token === undefined ? {} : { 'continuation-token': token };
          const answer = await s3.call({ method: 'GET', bucket: '', query: { ...query, ...more } });
          const page = xmlOf(answer, 'ListAllMyBucketsResult', ['Bucket']);
          pages.push(((page.Buckets as { Bucket?: { Name: string }[] }).Bucket ?? []).map(({ Name }) => Name));
          token = page.ContinuationToken as string | undefined;
        } while (token !== undefined);
        return pages;
      }
      assert.deepEqual(await listed({}), [names]);
      assert.deepEqual(await listed({ 'max-buckets': '2' }), [names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
      assert.deepEqual(await listed({ 'max-buckets': '5' }), [names]);
      assert.deepEqual(await listed({ prefix: 'bucket-', 'max-buckets': '2' }), [
        ['bucket-a', 'bucket-b'],
        ['bucket-c'],
      ]);
      assert.deepEqual(await listed({ 'bucket-region': 'us-east-1' }), [names]);
      assert.deepEqual(await listed({ 'bucket-region': 'eu-west-1' }), [[]]);
      for (const count of ['0', '10001', 'x']) {
        const { code } = await s3.call({ method: 'GET', bucket: '', query: { 'max-buckets': count } });
        assert.equal(code, 'InvalidArgument', count);
      }
    });
  });

  test('end with their open uploads, but not with an object', async () => {
    await during(startTestStore(), async (running) => {
      const { s3 } = running;
      const bucket = 'second-bucket';
      await s3.call({ method: 'PUT', bucket });
      const started = await s3.call({ method: 'POST', bucket, key: 'a', query: { uploads: '' } });
      const uploadId = String(xmlOf(started, 'InitiateMultipartUploadResult').UploadId);
      const part = { method: 'PUT', bucket, key: 'a', query: { uploadId, partNumber: '1' }, body: 'part' };
      assert.equal((await s3.call(part)).status, 200);
      await s3.call({ method: 'PUT', bucket, key: 'b', body: 'x' });
      assert.equal((await s3.call({ method: 'DELETE', bucket })).code, 'BucketNotEmpty');
      await s3.call({ method: 'DELETE', bucket, key: 'b' });
      assert.equal((await s3.call({ method: 'DELETE', bucket })).status, 204);
      assert.equal((await s3.call(part)).code, 'NoSuchBucket');
      await until(() => blobFiles(running.dataDir).length === 0);
    });
  });
});
