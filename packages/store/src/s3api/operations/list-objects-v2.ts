import { buildXml, S3Error } from '@darkslide/s3wire';
import type { KeyBound } from '../../catalog/reader.ts';
import { keyBytes, type StoredObject } from '../../model.ts';
import type { Known } from '../known.ts';
import { describeEntry, listObjectPage } from '../list-page.ts';
import { keyAfterPrefix, type Page, readKeyEncoding, readPageSize } from '../listing.ts';
import { operation } from '../operation.ts';
import { OWNER } from '../owner.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = {
  query: [
    ...['list-type', 'prefix', 'delimiter', 'start-after', 'continuation-token'],
    ...['max-keys', 'encoding-type', 'fetch-owner'],
  ],
  headers: ['x-amz-optional-object-attributes'],
};

export const listObjectsV2 = operation(KNOWN, async ({ bucket, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const limit = readPageSize(query, 'max-keys');
  const { encodingType, encode } = readKeyEncoding(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') || undefined;
  const owner = query.get('fetch-owner')?.toLowerCase() === 'true' ? OWNER : undefined;
  const startAfter = query.get('start-after');
  const token = query.get('continuation-token');
  const after = !token ? { key: keyBytes(startAfter ?? ''), inclusive: false } : readToken(token);

  const page = listObjectPage(store, { bucketId, prefix, delimiter, after, limit });
  return xmlResponse(
    buildXml('ListBucketResult', {
      Name: bucket,
      Prefix: encode(prefix),
      Delimiter: delimiter && encode(delimiter),
      MaxKeys: limit,
      EncodingType: encodingType,
      KeyCount: page.entries.length + page.prefixes.length,
      IsTruncated: page.last !== undefined,
      ContinuationToken: token,
      NextContinuationToken: page.last && writeToken(page.last),
      StartAfter: startAfter === undefined ? undefined : encode(startAfter),
      Contents: page.entries.map((object) => describeEntry(object, encode, owner)),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
});

// A token says where to continue: `=` from this key on, `>` after it, then the key's bytes in base64url.

function writeToken(last: NonNullable<Page<StoredObject>['last']>): string {
  const key = 'entry' in last ? keyBytes(last.entry.key) : (keyAfterPrefix(last.prefix) ?? new Uint8Array());
  return `${'entry' in last ? '>' : '='}${Buffer.from(key).toString('base64url')}`;
}

function readToken(token: string): KeyBound {
  const [, mode, key] = /^([=>])([\w-]*)$/.exec(token) ?? [];
  if (mode === undefined || key === undefined) {
    throw new S3Error('InvalidArgument', { message: 'The continuation token provided is incorrect' });
  }
  return { key: Buffer.from(key, 'base64url'), inclusive: mode === '=' };
}
