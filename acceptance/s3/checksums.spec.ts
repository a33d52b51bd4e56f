import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import {
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { photoBytes } from '@darkslide/testkit';
import { fullPart } from '../support/multipart.ts';
import { newBucket, s3Client, s3Error, tamper } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);

const digest = (algorithm: string, bytes: string | Buffer) => createHash(algorithm).update(bytes).digest('base64');
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

/** The check values of "123456789" from the CRC catalogue; SHA from Node. */
const CHECK = '123456789';
const known = {
  CRC32: base64('cbf43926'),
  CRC32C: base64('e3069283'),
  CRC64NVME: base64('ae8b14860a799888'),
  SHA1: digest('sha1', CHECK),
  SHA256: digest('sha256', CHECK),
} as const;
type Algorithm = keyof typeof known;
const algorithms = Object.keys(known) as Algorithm[];
const field = <Name extends Algorithm>(algorithm: Name) => `Checksum${algorithm}` as const;

const put = (input: Partial<PutObjectCommandInput>) => s3.send(new PutObjectCommand({ Bucket, Key: 'a', ...input }));
const isThere = (Key: string) =>
  s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

for (const algorithm of algorithms) {
  describe(`the checksum ${algorithm}`, () => {
    it('of a header is compared, kept and answered [L8.7]', async () => {
      const Key = `header-${algorithm}`;
      const answer = await put({ Key, Body: CHECK, [field(algorithm)]: known[algorithm] });
      assert.equal(answer[field(algorithm)], known[algorithm]);
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      assert.equal(head[field(algorithm)], known[algorithm]);
      const plain = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      assert.equal(plain[field(algorithm)], undefined, 'only when asked');
    });

    it('of a header that does not fit is refused, and nothing is kept [L8.7]', async () => {
      const Key = `wrong-${algorithm}`;
      const wrong = put({ Key, Body: `${CHECK}0`, [field(algorithm)]: known[algorithm] });
      await assert.rejects(wrong, s3Error('BadDigest', 400));
      await assert.rejects(put({ Key, Body: CHECK, [field(algorithm)]: 'nonsense' }), s3Error('InvalidRequest', 400));
      assert.equal(await isThere(Key), false);
    });

    it('of a trailer is compared, kept and answered [L8.7]', async () => {
      const Key = `trailer-${algorithm}`;
      const bytes = photoBytes({ seed: algorithm, size: 200_000 });
      const ChecksumAlgorithm = algorithm as ChecksumAlgorithm;
      // Several chunks, of sizes that no buffer has.
      const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 70_001), bytes.subarray(70_001)];
      const answer = await put({ Key, Body: Readable.from(pieces), ContentLength: bytes.length, ChecksumAlgorithm });
      assert.ok(answer[field(algorithm)]);
      if (algorithm.startsWith('SHA')) assert.equal(answer[field(algorithm)], digest(algorithm.toLowerCase(), bytes));
      const object = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      assert.equal(object[field(algorithm)], answer[field(algorithm)]);
      assert.ok(bytes.equals(Buffer.from((await object.Body?.transformToByteArray()) ?? [])));
      assert.equal(object.ContentEncoding, undefined, 'aws-chunked is framing, not the encoding of the object');
    });

    it('of a trailer that does not fit is refused, and nothing is kept [L8.7]', async () => {
      const Key = `wrong-trailer-${algorithm}`;
      const client = tamper(s3Client(target, { maxAttempts: 1 }), 'on the wire', (request) => {
        const body = request.body as Readable;
        request.body = Readable.from(
          (async function* () {
            for await (const chunk of body) yield Buffer.from(String(chunk).replace('inside', 'INSIDE'));
          })(),
        );
      });
      const Body = Readable.from([Buffer.from('the bytes inside')]);
      const command = new PutObjectCommand({ Bucket, Key, Body, ContentLength: 16, ChecksumAlgorithm: algorithm });
      await assert.rejects(client.send(command), s3Error('BadDigest', 400));
      assert.equal(await isThere(Key), false);
    });
  });
}

describe('an integrity header', () => {
  it('Content-MD5 that does not fit is refused, and nothing is kept [L8.8]', async () => {
    await put({ Key: 'md5', Body: CHECK, ContentMD5: digest('md5', CHECK) });
    await assert.rejects(
      put({ Key: 'no-md5', Body: 'x', ContentMD5: digest('md5', CHECK) }),
      s3Error('BadDigest', 400),
    );
    await assert.rejects(put({ Key: 'no-md5', Body: 'x', ContentMD5: 'nonsense' }), s3Error('InvalidDigest', 400));
    assert.equal(await isThere('no-md5'), false);
  });

  it('x-amz-content-sha256 that does not fit is refused, and nothing is kept [L8.8]', async () => {
    const client = s3Client(target, { maxAttempts: 1, requestChecksumCalculation: 'WHEN_REQUIRED' });
    tamper(client, 'on the wire', (request) => {
      request.body = Buffer.from('987654321');
    });
    const sent = client.send(new PutObjectCommand({ Bucket, Key: 'no-sha', Body: CHECK }));
    await assert.rejects(sent, s3Error('XAmzContentSHA256Mismatch', 400));
    assert.equal(await isThere('no-sha'), false);
  });

  it('x-amz-decoded-content-length that does not fit is refused, and nothing is kept [L8.8, L8.11]', async () => {
    for (const length of ['8', '10']) {
      const client = tamper(s3Client(target, { maxAttempts: 1 }), 'before signing', ({ headers }) => {
        headers['x-amz-decoded-content-length'] = length;
      });
      const Body = Readable.from([Buffer.from(CHECK)]);
      const sent = client.send(new PutObjectCommand({ Bucket, Key: 'no-length', Body, ContentLength: 9 }));
      await assert.rejects(sent, (error: Error) => /^(IncompleteBody|InvalidRequest|BadDigest)$/.test(error.name));
      assert.equal(await isThere('no-length'), false);
    }
  });
});

describe('the checksum of a multipart object', () => {
  const uploadOf = async (Key: string, start: object) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...start }));
    return { Bucket, Key, UploadId };
  };
  const tail = Buffer.from(CHECK);

  it('is composed of its parts [L8.7]', async () => {
    const upload = await uploadOf('composite', { ChecksumAlgorithm: 'SHA256' });
    const Parts = [];
    for (const [index, Body] of [fullPart(1), tail].entries()) {
      const part = { ...upload, PartNumber: index + 1, Body, ChecksumAlgorithm: ChecksumAlgorithm.SHA256 };
      const { ETag, ChecksumSHA256 } = await s3.send(new UploadPartCommand(part));
      assert.equal(ChecksumSHA256, digest('sha256', Body));
      Parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256 });
    }
    const completed = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    const both = Buffer.concat([fullPart(1), tail].map((part) => Buffer.from(digest('sha256', part), 'base64')));
    assert.equal(completed.ChecksumSHA256, `${digest('sha256', both)}-2`);
  });

  it('is that of the whole where asked, as CRC64NVME always is [L8.7]', async () => {
    const upload = await uploadOf('whole', { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' });
    const part = { ...upload, PartNumber: 1, Body: tail, ChecksumAlgorithm: ChecksumAlgorithm.CRC64NVME };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const completed = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    assert.equal(completed.ChecksumCRC64NVME, known.CRC64NVME);
    assert.equal(completed.ChecksumType, 'FULL_OBJECT');
  });
});
