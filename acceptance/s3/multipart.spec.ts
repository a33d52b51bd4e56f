import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { fullPart, MIN_PART } from '../support/multipart.ts';
import { newBucket, s3Client, s3Error } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const s3 = s3Client(target);
const Bucket = await newBucket(s3);

const tail = Buffer.from('the last part');
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

type Upload = { Bucket: string; Key: string; UploadId: string };

async function create(Key: string, more: object = {}): Promise<Upload> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  assert.ok(UploadId);
  return { Bucket, Key, UploadId };
}

async function part(upload: Upload, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
  return { PartNumber, ETag };
}

const complete = (upload: Upload, Parts: CompletedPart[], more: object = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }));

const read = async (Key: string) =>
  Buffer.from((await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray()) ?? []);

describe('a multipart upload', () => {
  it('becomes one object, with what was said at its start [L8.6]', async () => {
    const said = { ContentType: 'image/x-nikon-nef', Metadata: { camera: 'Z 9' } };
    const upload = await create('large', said);
    // The numbers need not be consecutive, nor come in order.
    const last = await part(upload, 9000, tail);
    const first = await part(upload, 3, fullPart(3));
    const completed = await complete(upload, [first, last]);
    const digests = Buffer.concat([fullPart(3), tail].map((bytes) => Buffer.from(md5(bytes), 'hex')));
    assert.equal(completed.ETag, `"${md5(digests)}-2"`);
    assert.ok((await read('large')).equals(Buffer.concat([fullPart(3), tail])));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'large' }));
    assert.deepEqual([head.ContentType, head.Metadata, head.ETag], [said.ContentType, said.Metadata, completed.ETag]);
    const Range = `bytes=${MIN_PART - 3}-${MIN_PART + 2}`;
    const across = await s3.send(new GetObjectCommand({ Bucket, Key: 'large', Range }));
    const expected = Buffer.concat([fullPart(3).subarray(-3), tail.subarray(0, 3)]);
    assert.deepEqual(Buffer.from((await across.Body?.transformToByteArray()) ?? []), expected);
  });

  it('is not seen before it is complete, and leaves the old object until then [L8.6]', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'old', Body: 'old' }));
    const upload = await create('old');
    const only = await part(upload, 1, tail);
    assert.equal((await read('old')).toString(), 'old');
    await complete(upload, [only]);
    assert.deepEqual(await read('old'), tail);
  });

  it('takes a part again, and keeps the last [L8.6]', async () => {
    const upload = await create('again');
    const stale = await part(upload, 1, Buffer.from('first try'));
    const fresh = await part(upload, 1, tail);
    await assert.rejects(complete(upload, [stale]), s3Error('InvalidPart', 400));
    await complete(upload, [fresh]);
    assert.deepEqual(await read('again'), tail);
  });

  it('is refused with S3 s own codes, and stays open [L8.6]', async () => {
    const upload = await create('refused');
    const [one, two, three] = [
      await part(upload, 1, fullPart(1)),
      await part(upload, 2, tail),
      await part(upload, 3, tail),
    ];
    await assert.rejects(complete(upload, [one, two, three]), s3Error('EntityTooSmall', 400));
    await assert.rejects(complete(upload, [two, one]), s3Error('InvalidPartOrder', 400));
    await assert.rejects(complete(upload, [one, one]), s3Error('InvalidPartOrder', 400));
    await assert.rejects(complete(upload, [one, { PartNumber: 7, ETag: two.ETag }]), s3Error('InvalidPart', 400));
    await assert.rejects(complete(upload, [{ ...one, ETag: two.ETag }]), s3Error('InvalidPart', 400));
    await assert.rejects(complete(upload, []), s3Error('MalformedXML', 400));
    await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: 'refused' })), s3Error('NotFound'));
    await complete(upload, [one, two]);
    assert.equal((await read('refused')).length, MIN_PART + tail.length);
  });

  it('takes part numbers 1 to 10,000 [L8.6]', async () => {
    const upload = await create('numbers');
    for (const number of [1, 10_000]) await part(upload, number, tail);
    for (const number of [0, 10_001, -1]) {
      await assert.rejects(part(upload, number, tail), s3Error('InvalidArgument', 400));
    }
  });

  it('takes parts, and ranges, of objects that are there [L8.6]', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'source ü', Body: fullPart(7) }));
    const upload = await create('assembled');
    const CopySource = `${Bucket}/${encodeURIComponent('source ü')}`;
    const copy = async (PartNumber: number, more: object = {}) => {
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({ ...upload, PartNumber, CopySource, ...more }),
      );
      return { PartNumber, ETag: CopyPartResult?.ETag };
    };
    const parts = [await copy(1), await copy(2, { CopySourceRange: 'bytes=10-19' })];
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'source ü' }));
    await complete(upload, parts);
    assert.ok((await read('assembled')).equals(Buffer.concat([fullPart(7), fullPart(7).subarray(10, 20)])));
    const other = await create('assembled');
    const missing = new UploadPartCopyCommand({ ...other, PartNumber: 1, CopySource });
    await assert.rejects(s3.send(missing), s3Error('NoSuchKey', 404));
  });

  it('is completed again with the same answer [L8.6]', async () => {
    const upload = await create('twice');
    const only = await part(upload, 1, tail);
    const first = await complete(upload, [only]);
    assert.equal((await complete(upload, [only])).ETag, first.ETag);
  });

  it('that is unknown, aborted or of another key is NoSuchUpload [L8.6]', async () => {
    const upload = await create('aborted');
    const only = await part(upload, 1, tail);
    await s3.send(new AbortMultipartUploadCommand(upload));
    const open = await create('open');
    const strangers: Upload[] = [upload, { ...upload, UploadId: 'nobody' }, { ...open, Key: 'another' }];
    for (const stranger of strangers) {
      await assert.rejects(part(stranger, 1, tail), s3Error('NoSuchUpload', 404));
      await assert.rejects(complete(stranger, [only]), s3Error('NoSuchUpload', 404));
      await assert.rejects(s3.send(new ListPartsCommand(stranger)), s3Error('NoSuchUpload', 404));
    }
    await assert.rejects(
      s3.send(new AbortMultipartUploadCommand({ ...upload, UploadId: 'nobody' })),
      s3Error('NoSuchUpload'),
    );
  });

  it('completes on a condition [L8.3, L8.6]', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'old' }));
    const upload = await create('taken');
    const only = await part(upload, 1, tail);
    await assert.rejects(complete(upload, [only], { IfNoneMatch: '*' }), s3Error('PreconditionFailed', 412));
    assert.equal((await read('taken')).toString(), 'old');
    await complete(upload, [only]);
    assert.deepEqual(await read('taken'), tail);
  });
});

describe('the list of parts', () => {
  it('has every part on one page of any size [L8.6]', async () => {
    const upload = await create('parts');
    const numbers = [1, 2, 5, 9, 100, 9999];
    for (const number of numbers) await part(upload, number, Buffer.alloc(number % 50, 'x'));
    for (const MaxParts of [1, 2, 5, 6, 7]) {
      const found: number[] = [];
      let PartNumberMarker: string | undefined;
      do {
        const page = await s3.send(
          new ListPartsCommand({ ...upload, MaxParts, ...(PartNumberMarker && { PartNumberMarker }) }),
        );
        for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
          found.push(PartNumber as number);
          assert.equal(Size, (PartNumber as number) % 50);
          assert.equal(ETag, `"${md5(Buffer.alloc(Size as number, 'x'))}"`);
        }
        PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
      } while (PartNumberMarker);
      assert.deepEqual(found, numbers, `${MaxParts} a page`);
    }
  });
});

describe('the list of uploads', () => {
  it('has every open upload, by key, on pages of any size [L8.6]', async () => {
    const own = await newBucket(s3);
    const made: string[] = [];
    for (const Key of ['b', 'a', 'c/1', 'a', 'c/2']) {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: own, Key }));
      made.push(`${Key} ${UploadId}`);
    }
    for (const MaxUploads of [1, 2, 5, 1000]) {
      const found: string[] = [];
      let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
      while (markers) {
        const page: Awaited<ReturnType<typeof listUploads>> = await listUploads({
          Bucket: own,
          MaxUploads,
          ...markers,
        });
        found.push(...(page.Uploads ?? []).map(({ Key, UploadId }) => `${Key} ${UploadId}`));
        markers = page.IsTruncated
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined;
      }
      assert.deepEqual([...found].sort(), [...made].sort(), `${MaxUploads} a page`);
      assert.deepEqual(
        found.map((each) => each.split(' ')[0]),
        ['a', 'a', 'b', 'c/1', 'c/2'],
      );
    }
    const { Uploads } = await listUploads({ Bucket: own, Prefix: 'c/' });
    assert.deepEqual(
      Uploads?.map(({ Key }) => Key),
      ['c/1', 'c/2'],
    );
  });

  const listUploads = (input: ConstructorParameters<typeof ListMultipartUploadsCommand>[0]) =>
    s3.send(new ListMultipartUploadsCommand(input));
});
