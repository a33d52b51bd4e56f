import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { S3Client } from './support/s3-client.ts';
import { startTestStore, type TestStore } from './support/test-store.ts';

describe('a delete', () => {
  let running: TestStore;
  let s3: S3Client;

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
  });
  after(() => running[Symbol.asyncDispose]());

  type Asked = { etag?: string; size?: string; modified?: string; version?: string };

  async function deleteOne(key: string, { etag, size, modified, version }: Asked): Promise<string> {
    const headers = {
      ...(etag && { 'if-match': etag }),
      ...(size && { 'x-amz-if-match-size': size }),
      ...(modified && { 'x-amz-if-match-last-modified-time': modified }),
    };
    const query: Record<string, string> = version === undefined ? {} : { versionId: version };
    const { status, code } = await s3.call({ method: 'DELETE', key, headers, query });
    return code ?? String(status);
  }

  const element = (key: string, { etag, size, modified, version }: Asked) =>
    `<Object> <Key>${key}</Key>${version ? `<VersionId>${version}</VersionId>` : ''}${etag ? `<ETag>${etag}</ETag>` : ''}${
      size ? `<Size>${size}</Size>` : ''
    }${modified ? `<LastModifiedTime>${modified}</LastModifiedTime>` : ''}</Object>`;

  const post = (objects: string) =>
    s3.call({ method: 'POST', query: { delete: '' }, body: `<Delete>\n ${objects}</Delete>` });

  async function deleteMany(key: string, asked: Asked): Promise<string> {
    const { status, code, body } = await post(element('beside', {}) + element(key, asked));
    if (status !== 200) return String(code);
    const text = body.toString();
    assert.match(text, /<Deleted><Key>beside<\/Key><\/Deleted>/);
    const [, refusal] = new RegExp(`<Error><Key>${key}</Key>.*?<Code>(\\w+)</Code>`).exec(text) ?? [];
    if (refusal === undefined) assert.match(text, new RegExp(`<Deleted><Key>${key}</Key>`));
    return refusal ?? '204';
  }

  for (const [form, remove] of [
    ['of one object', deleteOne],
    ['of many objects', deleteMany],
  ] as const) {
    test(`${form} keeps what is not as it was told to be`, async () => {
      const put = await s3.put('doomed', 'bytes');
      const modified = String((await s3.head('doomed')).headers['last-modified']);
      const right: Asked = { etag: String(put.headers.etag), size: '5', modified };
      const wrong: Asked = { etag: '"00"', size: '6', modified: new Date(0).toUTCString() };
      for (const name of ['etag', 'size', 'modified'] as const) {
        assert.equal(await remove('doomed', { ...right, [name]: wrong[name] }), 'PreconditionFailed', name);
        assert.equal((await s3.get('doomed')).body.toString(), 'bytes', name);
      }
      assert.equal(await remove('doomed', right), '204');
      assert.equal((await s3.get('doomed')).status, 404);
      assert.equal(await remove('doomed', wrong), '204', 'what is not there needs no condition');

      for (const name of ['etag', 'size', 'modified'] as const) {
        await s3.put('doomed', 'bytes');
        const now = { ...right, modified: String((await s3.head('doomed')).headers['last-modified']) };
        assert.equal(await remove('doomed', { [name]: now[name] }), '204', name);
        assert.equal((await s3.get('doomed')).status, 404);
      }
      await s3.put('doomed', 'bytes');
      assert.equal(await remove('doomed', { etag: '*' }), '204');
    });

    test(`${form} knows one version, and refuses every other one`, async () => {
      await s3.put('versioned', 'bytes');
      const refused = await remove('versioned', { version: 'UIORUnfndfhnw89493jJFJ' });
      assert.match(refused, /^(InvalidArgument|NoSuchVersion)$/);
      assert.equal((await s3.get('versioned')).status, 200);
      assert.equal(await remove('versioned', { version: 'null' }), '204');
      assert.equal((await s3.get('versioned')).status, 404);
    });

    test(`${form} refuses a condition that cannot be read`, async () => {
      await s3.put('standing', 'bytes');
      assert.equal(await remove('standing', { size: 'large' }), 'InvalidArgument');
      assert.equal(await remove('standing', { modified: 'yesterday' }), 'InvalidArgument');
      assert.equal((await s3.get('standing')).status, 200);
    });
  }

  test('of many objects refuses an element that it does not know, and deletes none', async () => {
    await s3.put('standing', 'bytes');
    const unknown = '<Object><Key>standing</Key><IfOlderThan>1</IfOlderThan></Object>';
    assert.equal((await post(unknown)).code, 'MalformedXML');
    assert.equal((await s3.get('standing')).status, 200);
  });

  test('of many objects takes one key twice, and tells quietly of failures alone', async () => {
    await s3.put('twice', 'bytes');
    const objects = element('twice', {}) + element('twice', {}) + element('other', { version: 'x' });
    const answer = await post(`<Quiet>true</Quiet>${objects}`);
    assert.doesNotMatch(answer.body.toString(), /Deleted/);
    assert.match(answer.body.toString(), /<Error><Key>other<\/Key><VersionId>x<\/VersionId><Code>NoSuchVersion</);
  });

  test('reads of another version are refused as well', async () => {
    await s3.put('read', 'bytes');
    assert.equal((await s3.get('read', {}, { versionId: 'null' })).status, 200);
    assert.equal((await s3.get('read', {}, { versionId: 'other' })).code, 'InvalidArgument');
    const copied = await s3.put('copy', '', { 'x-amz-copy-source': '/photos/read?versionId=other' });
    assert.equal(copied.code, 'InvalidArgument');
  });
});
