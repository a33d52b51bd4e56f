import { buildXml, S3Error } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { OWNER } from '../owner.ts';
import { xmlResponse } from '../response.ts';

const MAX_BUCKETS = 10_000;

const KNOWN: Known = { query: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'] };

/** Pages start after the name of the last bucket that was listed. */
export const listBuckets = operation(KNOWN, async ({ query }, store) => {
  const prefix = query.get('prefix');
  const limit = readMaxBuckets(query.get('max-buckets'));
  const token = query.get('continuation-token') || undefined;
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString('utf8');
  const elsewhere = ![undefined, store.region].includes(query.get('bucket-region'));
  const found = store.reader
    .buckets()
    .filter(({ name }) => !elsewhere && name > after && name.startsWith(prefix ?? ''));
  const page = found.slice(0, limit);
  return xmlResponse(
    buildXml('ListAllMyBucketsResult', {
      Owner: OWNER,
      Buckets: {
        Bucket: page.map(({ name, createdAt }) => ({
          Name: name,
          CreationDate: new Date(createdAt),
          BucketRegion: store.region,
        })),
      },
      Prefix: prefix,
      ContinuationToken:
        found.length > page.length ? Buffer.from(page.at(-1)?.name ?? '').toString('base64url') : undefined,
    }),
  );
});

/** @throws {S3Error} InvalidArgument */
function readMaxBuckets(text: string | undefined): number {
  if (text === undefined || text === '') return MAX_BUCKETS;
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= MAX_BUCKETS) return number;
  throw new S3Error('InvalidArgument', {
    message: `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}.`,
    details: { ArgumentName: 'max-buckets', ArgumentValue: text },
  });
}
