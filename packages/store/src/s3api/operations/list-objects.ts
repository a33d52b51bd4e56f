import { buildXml } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { boundAfter, describeEntry, listObjectPage } from '../list-page.ts';
import { readKeyEncoding, readPageSize } from '../listing.ts';
import { operation } from '../operation.ts';
import { OWNER } from '../owner.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = {
  query: ['prefix', 'delimiter', 'marker', 'max-keys', 'encoding-type'],
  headers: ['x-amz-optional-object-attributes'],
};

/** The older listing, which pages by a marker. Clients still use it. */
export const listObjects = operation(KNOWN, async ({ bucket, query }, store) => {
  const { id: bucketId } = store.reader.bucket(bucket);
  const limit = readPageSize(query, 'max-keys');
  const { encodingType, encode } = readKeyEncoding(query);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') || undefined;
  const marker = query.get('marker') ?? '';

  const page = listObjectPage(store, {
    bucketId,
    prefix,
    delimiter,
    after: boundAfter(marker, { prefix, delimiter }),
    limit,
  });
  const { last } = page;
  return xmlResponse(
    buildXml('ListBucketResult', {
      Name: bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      // Without a delimiter clients go on from the last key, as they do on S3.
      NextMarker:
        last === undefined || delimiter === undefined
          ? undefined
          : encode('entry' in last ? last.entry.key : last.prefix),
      Delimiter: delimiter && encode(delimiter),
      MaxKeys: limit,
      EncodingType: encodingType,
      IsTruncated: last !== undefined,
      Contents: page.entries.map((object) => describeEntry(object, encode, OWNER)),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
});
