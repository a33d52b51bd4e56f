import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createChecksum, multipartETag, type XmlObject } from '@darkslide/s3wire';
import { type Answer, BUCKET, completeBody, type S3Client, xmlOf } from './support/s3-client.ts';
import { blobFiles, startTestStore, type TestStore, until } from './support/test-store.ts';

const MIN_PART = 5 * 1024 * 1024;

describe('multipart uploads', () => {
  let running: TestStore;
  let s3: S3Client;
  const bodies = [randomBytes(MIN_PART), randomBytes(MIN_PART), randomBytes(1000)];
  const whole = Buffer.concat(bodies);

  before(async () => {
    running = await startTestStore();
    s3 = running.s3;
  });
  after(() => running[Symbol.asyncDispose]());

  /** Sends the bodies as parts 1, 2, 3 … and returns what Complete needs. */
  async function sendParts(key: string, uploadId: string, headers: Record<string, string> = {}) {
    const parts: { number: number; etag: string }[] = [];
    for (const [index, body] of bodies.entries()) {
      const answer = await s3.uploadPart(key, uploadId, index + 1, body, headers);
      assert.equal(answer.status, 200, answer.body.toString());
      parts.push({ number: index + 1, etag: String(answer.headers.etag) });
    }
    return parts;
  }

  test('parts become one object, under the ETag of their ETags, without a byte being copied', async () => {
    const uploadId = await s3.createUpload('whole', { 'content-type': 'image/x-adobe-dng', 'x-amz-meta-shoot': 'one' });
    const parts = await sendParts('whole', uploadId);
    assert.equal((await s3.get('whole')).status, 404);
    const blobs = blobFiles(running.dataDir);
    const answer = await s3.complete('whole', uploadId, parts);
    assert.equal(answer.status, 200, answer.body.toString());
    const made = blobFiles(running.dataDir).filter((blob) => !blobs.includes(blob));
    assert.equal(made.length, 1, 'one that says of which parts the object is');
    assert.ok(statSync(join(running.dataDir, 'blobs', made[0] as string)).size < 2000);

    const got = await s3.get('whole');
    assert.ok(got.body.equals(whole));
    assert.equal(got.headers.etag, `"${multipartETag(parts.map(({ etag }) => etag))}"`);
    assert.equal(got.headers['content-type'], 'image/x-adobe-dng');
    assert.equal(got.headers['x-amz-meta-shoot'], 'one');
    const across = await s3.get('whole', { range: `bytes=${MIN_PART - 5}-${2 * MIN_PART + 5}` });
    assert.ok(across.body.equals(whole.subarray(MIN_PART - 5, 2 * MIN_PART + 6)));

    const again = await s3.complete('whole', uploadId, parts);
    assert.equal(again.status, 200, 'the same Complete again is answered alike');
    assert.equal((await s3.complete('whole', uploadId, parts.slice(0, 1))).code, 'NoSuchUpload');
  });

  test('parts that are not named, and parts that were replaced, are freed', async () => {
    const before = blobFiles(running.dataDir).length;
    const uploadId = await s3.createUpload('some');
    const parts = await sendParts('some', uploadId);
    await s3.uploadPart('some', uploadId, 3, 'again');
    const { headers } = await s3.uploadPart('some', uploadId, 3, 'and again');
    await until(() => blobFiles(running.dataDir).length === before + 3);
    const named = [{ number: 3, etag: String(headers.etag) }];
    assert.equal((await s3.complete('some', uploadId, named)).status, 200);
    assert.equal((await s3.get('some')).body.toString(), 'and again');
    assert.equal(parts.length, 3);
    await s3.delete('some');
    await until(() => blobFiles(running.dataDir).length === before);
  });

  test('an abort frees everything and ends the upload', async () => {
    const before = blobFiles(running.dataDir).length;
    const uploadId = await s3.createUpload('aborted');
    const parts = await sendParts('aborted', uploadId);
    const abort = () => s3.call({ method: 'DELETE', key: 'aborted', query: { uploadId } });
    assert.equal((await abort()).status, 204);
    await until(() => blobFiles(running.dataDir).length === before);
    assert.equal((await abort()).code, 'NoSuchUpload');
    assert.equal((await s3.complete('aborted', uploadId, parts)).code, 'NoSuchUpload');
    assert.equal((await s3.uploadPart('aborted', uploadId, 1, 'x')).code, 'NoSuchUpload');
    assert.equal(blobFiles(running.dataDir).length, before);
  });

  test('a Complete that names the wrong parts changes nothing', async () => {
    const uploadId = await s3.createUpload('strict');
    const [first, second, third] = await sendParts('strict', uploadId);
    assert.ok(first && second && third);
    const codeOf = async (parts: { number: number; etag: string }[]) =>
      (await s3.complete('strict', uploadId, parts)).code;
    assert.equal(await codeOf([second, first]), 'InvalidPartOrder');
    assert.equal(await codeOf([first, first]), 'InvalidPartOrder');
    assert.equal(await codeOf([first, { number: 4, etag: second.etag }]), 'InvalidPart');
    assert.equal(await codeOf([first, { number: 2, etag: first.etag }]), 'InvalidPart');
    assert.equal(await codeOf([]), 'MalformedXML');
    await s3.uploadPart('strict', uploadId, 4, 'y');
    assert.equal(
      await codeOf([first, third, { number: 4, etag: createHash('md5').update('y').digest('hex') }]),
      'EntityTooSmall',
    );
    const broken = await s3.call({ method: 'POST', key: 'strict', query: { uploadId }, body: '<Complete' });
    assert.equal(broken.code, 'MalformedXML');
    assert.equal(await codeOf([first, second, third]), undefined);
  });

  test('an upload id is good for its own key only', async () => {
    const uploadId = await s3.createUpload('mine');
    assert.equal((await s3.uploadPart('yours', uploadId, 1, 'x')).code, 'NoSuchUpload');
    for (const number of [0, 10_001, 1.5, 'x']) {
      assert.equal((await s3.uploadPart('mine', uploadId, number as number, 'x')).code, 'InvalidArgument');
    }
    assert.equal((await s3.uploadPart('mine', uploadId, 10_000, 'x')).status, 200);
  });

  test('conditions hold for Complete too', async () => {
    await s3.put('taken', 'x');
    const uploadId = await s3.createUpload('taken');
    const parts = await sendParts('taken', uploadId);
    const refused = await s3.complete('taken', uploadId, parts, { 'if-none-match': '*' });
    assert.equal(refused.code, 'PreconditionFailed');
    assert.equal((await s3.get('taken')).body.toString(), 'x');
    assert.equal((await s3.complete('taken', uploadId, parts)).status, 200);
  });

  test('a declared size of the whole is compared', async () => {
    const uploadId = await s3.createUpload('sized');
    const parts = await sendParts('sized', uploadId);
    const size = (bytes: number) => ({ 'x-amz-mp-object-size': String(bytes) });
    assert.equal((await s3.complete('sized', uploadId, parts, size(whole.length - 1))).code, 'InvalidRequest');
    assert.equal((await s3.complete('sized', uploadId, parts, size(whole.length))).status, 200);
  });

  test('all that complete an upload at once get the same object', async () => {
    // Each pair meets at another step: one may find the upload gone when it looks for it, or only when it commits.
    for (let pair = 0; pair < 40; pair++) {
      const key = `raced-${pair}`;
      const uploadId = await s3.createUpload(key);
      const { headers } = await s3.uploadPart(key, uploadId, 1, `part of ${pair}`);
      const parts = [{ number: 1, etag: String(headers.etag) }];
      const condition: Record<string, string> = pair % 2 === 0 ? {} : { 'if-none-match': '*' };
      const answers = await Promise.all([1, 2, 3].map(() => s3.complete(key, uploadId, parts, condition)));
      const [first] = answers;
      for (const answer of answers) {
        assert.deepEqual([answer.status, answer.body.toString()], [200, first?.body.toString()]);
      }
      assert.equal((await s3.get(key)).body.toString(), `part of ${pair}`);
    }
  });

  test('a checksum that would not be compared is refused, of a part or of the whole', async () => {
    const created = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };
    const uploadId = await s3.createUpload('summed', created);
    const of = (name: string) => ({
      [`x-amz-checksum-${name}`]: Buffer.alloc(name === 'crc32' ? 4 : 32).toString('base64'),
    });
    const other = await s3.uploadPart('summed', uploadId, 1, 'part', of('sha256'));
    assert.equal(other.code, 'InvalidRequest');
    const told = { ...of('crc32'), 'x-amz-sdk-checksum-algorithm': 'SHA1' };
    assert.equal((await s3.uploadPart('summed', uploadId, 1, 'part', told)).code, 'InvalidRequest');
    const { headers } = await s3.uploadPart('summed', uploadId, 1, 'part');
    const parts = [{ number: 1, etag: String(headers.etag) }];
    for (const declared of [
      of('sha256'),
      { ...of('crc32'), ...of('sha256') },
      { 'x-amz-checksum-crc32': 'none' },
      { 'x-amz-checksum-type': 'COMPOSITE' },
      { 'x-amz-checksum-type': 'OTHER' },
    ]) {
      const answer = await s3.complete('summed', uploadId, parts, declared as Record<string, string>);
      assert.equal(answer.code, 'InvalidRequest', JSON.stringify(declared));
    }
    const named = (element: string) =>
      s3.call({
        method: 'POST',
        key: 'summed',
        query: { uploadId },
        body: completeBody(parts).replace('</Part>', `${element}</Part>`),
      });
    assert.equal((await named(`<ChecksumSHA512>${'A'.repeat(86)}==</ChecksumSHA512>`)).code, 'InvalidArgument');
    assert.equal((await named(`<ChecksumSHA256>${'A'.repeat(43)}=</ChecksumSHA256>`)).code, 'BadDigest');
    assert.equal((await s3.get('summed')).status, 404);
    assert.equal((await s3.complete('summed', uploadId, parts)).status, 200);
  });

  test('parts are listed by the thousand', async () => {
    const uploadId = await s3.createUpload('many');
    const count = 2001;
    for (let first = 1; first <= count; first += 100) {
      const numbers = Array.from({ length: Math.min(100, count + 1 - first) }, (_, index) => first + index);
      await Promise.all(numbers.map((number) => s3.uploadPart('many', uploadId, number, '')));
    }
    const pages: string[][] = [];
    let marker = '0';
    for (;;) {
      const query = { uploadId, 'part-number-marker': marker };
      const page = xmlOf(await s3.call({ method: 'GET', key: 'many', query }), 'ListPartsResult', ['Part']);
      pages.push(((page.Part ?? []) as XmlObject[]).map(({ PartNumber }) => String(PartNumber)));
      if (page.IsTruncated !== 'true') break;
      marker = String(page.NextPartNumberMarker);
    }
    assert.deepEqual(
      pages.map((page) => page.length),
      [1000, 1000, 1],
    );
    assert.deepEqual(
      pages.flat(),
      Array.from({ length: count }, (_, index) => String(index + 1)),
    );
  });

  test('a Complete may name ten thousand parts, each with a checksum, and no more', async () => {
    const uploadId = await s3.createUpload('full', { 'x-amz-checksum-algorithm': 'SHA256' });
    const checksum = createHash('sha256').update('').digest('base64');
    const name = (count: number) => {
      const etag = `&quot;${createHash('md5').update('').digest('hex')}&quot;`;
      const numbers = Array.from({ length: count }, (_, index) => index + 1);
      const body = completeBody(numbers.map((number) => ({ number, etag })));
      return body.replaceAll('</Part>', `\n    <ChecksumSHA256>${checksum}</ChecksumSHA256>\n  </Part>\n`);
    };
    const complete = (body: string) => s3.call({ method: 'POST', key: 'full', query: { uploadId }, body });
    // Read and understood; only then is it found that no part has been sent.
    assert.equal((await complete(name(10_000))).code, 'InvalidPart');
    assert.equal((await complete(name(10_001))).code, 'MalformedXML');
  });

  for (const { algorithm, type } of [
    { algorithm: 'CRC32', type: 'COMPOSITE' },
    { algorithm: 'CRC32', type: 'FULL_OBJECT' },
    { algorithm: 'CRC32C', type: 'FULL_OBJECT' },
    { algorithm: 'CRC64NVME', type: 'FULL_OBJECT' },
    { algorithm: 'SHA1', type: 'COMPOSITE' },
    { algorithm: 'SHA256', type: 'COMPOSITE' },
  ] as const) {
    test(`an upload may have a ${type} ${algorithm}, whether its parts bring one or not`, async () => {
      const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
      const choice = { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type };
      const uploadId = await s3.createUpload('summed', choice);
      const parts = await sendParts('summed', uploadId);
      const digest = async (...chunks: Buffer[]) => {
        const checksum = await createChecksum(algorithm);
        for (const chunk of chunks) checksum.update(chunk);
        return checksum.digest();
      };
      const partDigests = await Promise.all(bodies.map((body) => digest(body)));
      const value =
        type === 'FULL_OBJECT'
          ? await digest(whole)
          : `${await digest(...partDigests.map((one) => Buffer.from(one, 'base64')))}-${bodies.length}`;
      const wrong = await s3.complete('summed', uploadId, parts, { [name]: partDigests[0] ?? '' });
      assert.equal(wrong.code, 'BadDigest');
      const answer = await s3.complete('summed', uploadId, parts, { [name]: value });
      assert.equal(answer.status, 200, answer.body.toString());
      const { headers } = await s3.head('summed', { 'x-amz-checksum-mode': 'ENABLED' });
      assert.equal(headers[name], value);
      assert.equal(headers['x-amz-checksum-type'], type);
    });
  }

  test('a part may be copied from an object', async () => {
    await s3.put('original', whole);
    const uploadId = await s3.createUpload('copied');
    const copy = (number: number, range: string): Promise<Answer> =>
      s3.uploadPart('copied', uploadId, number, '', {
        'x-amz-copy-source': `${BUCKET}/original`,
        'x-amz-copy-source-range': range,
      });
    const answers = [await copy(1, `bytes=0-${MIN_PART - 1}`), await copy(2, `bytes=${MIN_PART}-${whole.length - 1}`)];
    const parts = answers.map((answer, index) => {
      const { ETag } = xmlOf(answer, 'CopyPartResult');
      return { number: index + 1, etag: String(ETag) };
    });
    assert.equal((await s3.complete('copied', uploadId, parts)).status, 200);
    assert.ok((await s3.get('copied')).body.equals(whole));
    const outside = await s3.createUpload('copied');
    const refused = await s3.uploadPart('copied', outside, 1, '', {
      'x-amz-copy-source': `${BUCKET}/original`,
      'x-amz-copy-source-range': `bytes=0-${whole.length}`,
    });
    assert.equal(refused.code, 'InvalidArgument');
  });
});
