import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumHeader, createChecksum } from '@darkslide/s3wire';
import { outcome, outcomeOf, type Probe, type Storage } from './storage.ts';

const BODY = 'bytes';
const md5 = (text: string) => createHash('md5').update(text);

async function checksumOf(algorithm: ChecksumAlgorithm, text: string): Promise<string> {
  const checksum = await createChecksum(algorithm);
  checksum.update(Buffer.from(text));
  return checksum.digest();
}

/** What a storage makes of a checksum: whether it compares it, and whether it tells it afterwards. */
async function checksum(
  storage: Storage,
  algorithm: ChecksumAlgorithm,
  put: (key: string, value: string) => ReturnType<Storage['put']>,
): Promise<string> {
  const { Bucket, Key } = storage.newObject();
  const right = await put(Key, await checksumOf(algorithm, BODY));
  if (right.status !== 200) return `refused: ${outcome(right)}`;
  const kept = await storage.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  const isTold = kept[`Checksum${algorithm}`] !== undefined;
  const wrong = await put(storage.newObject().Key, await checksumOf(algorithm, 'other'));
  return `${wrong.status === 200 ? 'not compared' : `compared (${outcome(wrong)})`}${isTold ? ', told' : ', not told'}`;
}

const byHeader = (algorithm: ChecksumAlgorithm): Probe => ({
  question: `${algorithm} by header`,
  ask: (storage) =>
    checksum(storage, algorithm, (key, value) =>
      storage.putByLink({ key, signed: { [checksumHeader(algorithm)]: value }, body: BODY }),
    ),
});

const byTrailer = (algorithm: ChecksumAlgorithm): Probe => ({
  question: `${algorithm} by trailer`,
  ask: (storage) =>
    checksum(storage, algorithm, (key, value) =>
      storage.put({
        key,
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: {
          'content-encoding': 'aws-chunked',
          'x-amz-decoded-content-length': String(BODY.length),
          'x-amz-trailer': checksumHeader(algorithm),
        },
        body: `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n${checksumHeader(algorithm)}:${value}\r\n\r\n`,
      }),
    ),
});

const putAgain = (condition: { IfNoneMatch?: string; IfMatch?: string }) => async (storage: Storage) => {
  const object = storage.newObject();
  await storage.client.send(new PutObjectCommand({ ...object, Body: BODY }));
  return await outcomeOf(storage.client.send(new PutObjectCommand({ ...object, Body: 'other', ...condition })));
};

export const objectProbes: readonly Probe[] = [
  {
    question: 'ETag of a PUT',
    ask: async (storage) => {
      const { ETag } = await storage.client.send(new PutObjectCommand({ ...storage.newObject(), Body: BODY }));
      return ETag === `"${md5(BODY).digest('hex')}"` ? 'MD5 of the bytes' : 'something else';
    },
  },
  {
    question: '`Content-MD5` that does not fit',
    ask: async (storage) => {
      const wrong = md5('other').digest('base64');
      return outcome(await storage.putByLink({ key: storage.newObject().Key, sent: { 'Content-MD5': wrong } }));
    },
  },
  { question: 'PUT with `If-None-Match: *` on an existing object', ask: putAgain({ IfNoneMatch: '*' }) },
  { question: 'PUT with `If-Match` of another ETag', ask: putAgain({ IfMatch: `"${md5('other').digest('hex')}"` }) },
  ...CHECKSUM_ALGORITHMS.flatMap((algorithm) => [byHeader(algorithm), byTrailer(algorithm)]),
];
