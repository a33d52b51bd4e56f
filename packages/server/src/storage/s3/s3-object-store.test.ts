import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { objectStoreSuite } from '../../../test/object-store-suite.ts';
import { type RunningStorage, startStorage } from '../../../test/storage.ts';
import type { StorageConfig } from './config.ts';
import { connectStorage } from './connect.ts';

let storage: RunningStorage;
before(async () => {
  storage = await startStorage();
});
after(() => storage?.stop());

objectStoreSuite('over S3', async (t) => {
  const { store, close } = await connectStorage(storage.config, { ttlSeconds: 600 });
  t.after(close);
  const signer = await store.signer();
  return {
    store,
    put: (key, bytes) => put(signer.put(key), bytes),
    putPart: (upload, partNumber, bytes) => put(signer.putPart(upload, partNumber), bytes),
    damage: storage.damage && ((key, bytes) => damage(signer.get(key, 'x'), bytes)),
  };
});

async function put(link: string, bytes: Buffer): Promise<void> {
  const response = await fetch(link, { method: 'PUT', body: new Uint8Array(bytes) });
  assert.equal(response.status, 200, await response.text());
}

/** Spoils the stored bytes and reads them, so that the store sees it. */
async function damage(link: string, bytes: Buffer): Promise<void> {
  await storage.damage?.(bytes);
  const response = await fetch(link);
  assert.equal(response.status, 500, await response.text());
}

test('a download link saves the file under its name', async (t) => {
  const { store, close } = await connectStorage(storage.config, { ttlSeconds: 600 });
  t.after(close);
  const signer = await store.signer();
  const name = 'Caf\u00e9 "100%" (1).NEF';
  await put(signer.put('project/x'), Buffer.from('bytes'));
  const response = await fetch(signer.get('project/x', name));
  assert.deepEqual([response.status, await response.text()], [200, 'bytes']);
  assert.equal(
    response.headers.get('content-disposition'),
    `attachment; filename="Caf_ _100__ (1).NEF"; filename*=UTF-8''Caf%C3%A9%20%22100%25%22%20%281%29.NEF`,
  );
});

test('storage that is not there, has no such bucket or denies us is named in one sentence', async () => {
  const { config } = storage;
  const credentials = { ...config.credentials, secretAccessKey: 'wrong' };
  for (const [wrong, message] of [
    [
      { ...config, endpoint: 'http://127.0.0.1:1' },
      /^The storage at http:\/\/127\.0\.0\.1:1 refuses connections: .*\.$/,
    ],
    [{ ...config, bucket: 'nothing-here' }, /has no bucket "nothing-here": .*create it/],
    [{ ...config, credentials }, /does not accept the secret key: check DARKSLIDE_STORE_SECRET_KEY\.$/],
  ] as const) {
    await assert.rejects(connectStorage(wrong, { ttlSeconds: 60 }), { message });
  }
});

const LISTING = '<ListBucketResult><Name>b</Name></ListBucketResult>';

/** An S3 with the given responses, after the request for the bucket. Every other request succeeds. */
async function scriptedStorage(t: TestContext, script: RequestListener): Promise<StorageConfig> {
  const server = createServer((request, response) => {
    const isListing = request.url?.includes('list-type=2');
    request.resume().on('end', () => (isListing ? response.end(LISTING) : script(request, response)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    bucket: 'b',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    signContentType: 'auto',
  };
}

const upload = { key: 'k', uploadId: 'u' };

test('a complete that fails with status 200 has failed', async (t) => {
  let code = '';
  const config = await scriptedStorage(t, ({ method }, response) => {
    if (method === 'POST') response.write('<?xml version="1.0"?>\n  ');
    response.end(method === 'POST' ? `<Error><Code>${code}</Code><Message>no</Message></Error>` : '');
  });
  const { store, close } = await connectStorage(config, { ttlSeconds: 60 });
  t.after(close);
  const complete = () =>
    store.completeUpload({ ...upload, parts: [{ partNumber: 1, size: 1, etag: 'e', lastModified: new Date() }] });
  code = 'AccessDenied';
  await assert.rejects(complete(), { name: 'StorageUnavailableError', message: /AccessDenied/ });
  code = 'InvalidPart';
  assert.deepEqual(await complete(), { kind: 'parts-changed' });
  code = 'NoSuchUpload';
  assert.deepEqual(await complete(), { kind: 'no-such-upload' });
});

/** One page of parts, each of one byte, by number and ETag. A marker stands there on the last page too, as Ceph has it. */
const partsPage = (parts: readonly [number: number, etag: string, second: number][], isTruncated: boolean) => {
  const listed = parts.map(
    ([number, etag, second]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag><Size>1</Size>` +
      `<LastModified>2026-01-01T00:00:0${second}.000Z</LastModified></Part>`,
  );
  const next = `<NextPartNumberMarker>${parts.at(-1)?.[0]}</NextPartNumberMarker>`;
  return `<ListPartsResult><IsTruncated>${isTruncated}</IsTruncated>${next}${listed.join('')}</ListPartsResult>`;
};

test('parts are read page by page to the last, whatever marker it has, and the newest of each number counts', async (t) => {
  const pages = new Map([
    [
      null,
      partsPage(
        [
          [1, 'a', 1],
          [2, 'b', 3],
          [2, 'c', 2],
        ],
        true,
      ),
    ],
    [
      '2',
      partsPage(
        [
          [3, 'd', 1],
          [3, 'e', 2],
        ],
        false,
      ),
    ],
  ]);
  const config = await scriptedStorage(t, ({ method, url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://storage');
    response.end(method === 'GET' ? pages.get(searchParams.get('part-number-marker')) : '');
  });
  const { store, close } = await connectStorage(config, { ttlSeconds: 60 });
  t.after(close);
  const parts = (await store.listParts(upload)) ?? [];
  assert.deepEqual(
    parts.map(({ partNumber, etag }) => [partNumber, etag]),
    [
      [1, 'a'],
      [2, 'b'],
      [3, 'e'],
    ],
  );
});

test('an upload that has ended is none, whether storage misses a key or fails on it', async (t) => {
  const config = await scriptedStorage(t, ({ method }, response) => {
    if (method === 'GET') response.statusCode = 404;
    if (method === 'POST') response.statusCode = 500;
    const code = { GET: 'NoSuchKey', POST: 'InternalError' }[method ?? ''];
    response.end(code && `<Error><Code>${code}</Code></Error>`);
  });
  const { store, close } = await connectStorage(config, { ttlSeconds: 60 });
  t.after(close);
  assert.equal(await store.listParts(upload), undefined);
  assert.deepEqual(await store.completeUpload({ ...upload, parts: [] }), { kind: 'no-such-upload' });
});

test('an ETag that storage leaves out of its answer to complete is that of the object', async (t) => {
  const config = await scriptedStorage(t, ({ method, url = '' }, response) => {
    if (method === 'HEAD' && url.includes('/k')) response.setHeader('etag', '"kept"');
    response.end(
      method === 'POST' ? '<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>' : '',
    );
  });
  const { store, close } = await connectStorage(config, { ttlSeconds: 60 });
  t.after(close);
  assert.deepEqual(await store.completeUpload({ ...upload, parts: [] }), { kind: 'completed', etag: 'kept' });
});

for (const [signContentType, takesAbsentAsEmpty, signs] of [
  ['auto', true, 'content-type;host'],
  ['auto', false, 'host'],
  ['always', false, 'content-type;host'],
  ['never', true, 'host'],
] as const) {
  const habit = takesAbsentAsEmpty
    ? 'takes an absent content type as empty'
    : 'tells an absent content type from an empty';
  test(`links sign ${signs} where it is to be ${signContentType} and storage ${habit}`, async (t) => {
    const probes: string[] = [];
    const deleted: string[] = [];
    const config = await scriptedStorage(t, ({ method, url = '', headers }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://storage');
      if (method === 'DELETE') deleted.push(pathname);
      if (method === 'PUT') {
        probes.push(pathname);
        const isSigned = searchParams.get('X-Amz-SignedHeaders')?.startsWith('content-type');
        if (isSigned && headers['content-type'] === undefined && !takesAbsentAsEmpty) response.statusCode = 403;
        response.setHeader('etag', '"not an md5"');
      }
      response.end();
    });
    const { store, close } = await connectStorage({ ...config, signContentType }, { ttlSeconds: 60 });
    t.after(close);
    const link = new URL((await store.signer()).put('k'));
    assert.equal(link.searchParams.get('X-Amz-SignedHeaders'), signs);
    assert.equal(store.etagIsMd5, false);
    assert.equal(store.etagOfParts([]), undefined);
    assert.match(probes[0] ?? '', /^\/b\/\.darkslide\/probe-/);
    assert.deepEqual(deleted, [probes[0]]);
  });
}

test('storage that takes no upload stops the start', async (t) => {
  const config = await scriptedStorage(t, ({ method }, response) => {
    response.statusCode = method === 'PUT' ? 403 : 200;
    response.end(method === 'PUT' ? '<Error><Code>AccessDenied</Code></Error>' : '');
  });
  await assert.rejects(connectStorage(config, { ttlSeconds: 60 }), {
    message: /denies these credentials the bucket "b": let its policy allow .*s3:PutObject/,
  });
});

test('links point to where clients reach storage', async (t) => {
  const config = { ...storage.config, publicEndpoint: 'https://photos.example.com' };
  const { store, close } = await connectStorage(config, { ttlSeconds: 60 });
  t.after(close);
  const link = new URL((await store.signer()).put('p/k'));
  assert.deepEqual([link.origin, link.pathname], ['https://photos.example.com', `/${config.bucket}/p/k`]);
});
