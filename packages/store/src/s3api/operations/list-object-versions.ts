import { buildXml } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { boundAfter, describeEntry, listObjectPage } from '../list-page.ts';
import { readKeyEncoding, readPageSize } from '../listing.ts';
import { operation } from '../operation.ts';
import { OWNER } from '../owner.ts';
import { xmlResponse } from '../response.ts';
import { ONLY_VERSION } from '../versions.ts';

const KNOWN: Known = {
  query: ['versions', 'prefix', 'delimiter', 'key-marker', 'version-id-marker', 'max-keys', 'encoding-type'],
  headers: ['x-amz-optional-object-attributes'],
};

/** Each object as its own newest version, as S3 lists a bucket without versioning. Clients empty buckets by it. */
export const listObjectVersions = operation(KNOWN, async ({ bucket, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const limit = readPageSize(query, 'max-keys');
  const { encodingType, encode } = readKeyEncoding(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') || undefined;
  const marker = query.get('key-marker') ?? '';
  const after = boundAfter(marker, { prefix, delimiter });

  const page = listObjectPage(store, { bucketId, prefix, delimiter, after, limit });
  const { last } = page;
  return xmlResponse(
    buildXml('ListVersionsResult', {
      Name: bucket,
      Prefix: encode(prefix),
      KeyMarker: encode(marker),
      VersionIdMarker: query.get('version-id-marker') ?? '',
      NextKeyMarker: last && encode('entry' in last ? last.entry.key : last.prefix),
      NextVersionIdMarker: last && 'entry' in last ? ONLY_VERSION : undefined,
      Delimiter: delimiter && encode(delimiter),
      MaxKeys: limit,
      EncodingType: encodingType,
      IsTruncated: last !== undefined,
      Version: page.entries.map((object) => ({
        ...describeEntry(object, encode, OWNER),
        VersionId: ONLY_VERSION,
        IsLatest: true,
      })),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
});
