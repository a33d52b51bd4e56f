import { checksumHeader, quoteETag, S3Error } from '@darkslide/s3wire';
import { DAMAGED_CLASS } from '../catalog/damage-marks.ts';
import type { StoredChecksum, StoredHeaders, StoredObject } from '../model.ts';
import { header, type S3Request } from './request.ts';

/** Kept with an object and given back as they came. */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'] as const;

/** Bytes of all names and values of `x-amz-meta-*`. */
const MAX_METADATA_BYTES = 2048;

const METADATA_PREFIX = 'x-amz-meta-';

/** The type that S3 returns for an object that was put without one. */
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** Accepting these headers would look as if they had an effect, so they are refused. */
const UNSUPPORTED_HEADERS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-tagging',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
];

/** The headers of a PUT that belong to the object. @throws {S3Error} MetadataTooLarge, NotImplemented */
export function readObjectHeaders(request: S3Request): StoredHeaders {
  const unsupported = UNSUPPORTED_HEADERS.find((name) => request.headers[name] !== undefined);
  if (unsupported !== undefined) throw new S3Error('NotImplemented', { details: { Header: unsupported } });

  const kept: StoredHeaders = {};
  for (const name of KEPT_HEADERS) {
    const value = header(request, name);
    if (value) kept[name] = value;
  }
  // aws-chunked is how the body travelled, not how it is coded.
  const codings = (header(request, 'content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked');
  if (codings.length > 0) kept['content-encoding'] = codings.join(', ');

  let metadataBytes = 0;
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    const value = header(request, name) ?? '';
    // Header text is Latin-1 on Node: one character is one byte.
    metadataBytes += name.length - METADATA_PREFIX.length + value.length;
    kept[name] = value;
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', {
      details: { Size: String(metadataBytes), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  return kept;
}

/** The headers that describe an object in the response to GET and HEAD. */
export function describeObject(object: StoredObject): Record<string, string> {
  return {
    'content-type': DEFAULT_CONTENT_TYPE,
    ...object.headers,
    etag: quoteETag(object.etag),
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    ...(object.damaged && { 'x-amz-storage-class': DAMAGED_CLASS }),
  };
}

export function describeChecksum(checksum: StoredChecksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}
