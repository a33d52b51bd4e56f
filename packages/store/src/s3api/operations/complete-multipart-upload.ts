import {
  buildXml,
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  type CrcAlgorithm,
  checksumHeader,
  combineCrc,
  compositeChecksum,
  isChecksum,
  multipartETag,
  parseXml,
  quoteETag,
  S3Error,
  unquoteETag,
  type XmlObject,
} from '@darkslide/s3wire';
import type { WriteCondition } from '../../catalog/conditions.ts';
import { keyBytes, type Part, type Segment, type StoredChecksum, type Upload } from '../../model.ts';
import { readWriteCondition } from '../conditions.ts';
import { publishManifest, receiveText } from '../incoming.ts';
import { readBodyIntegrity } from '../integrity.ts';
import { BODY_HEADERS, type Known, WRITE_CONDITIONS } from '../known.ts';
import { operation } from '../operation.ts';
import { MAX_PART_NUMBER } from '../part-number.ts';
import { header, type S3Request } from '../request.ts';
import { type S3Response, xmlResponse } from '../response.ts';
import type { Store } from '../store.ts';
import { children, optionalText, requiredText } from '../xml-input.ts';

/** Bytes of every part but the last. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;

type NamedPart = { number: number; etag: string; element: XmlObject };

const KNOWN: Known = {
  query: ['uploadId'],
  headers: [...BODY_HEADERS, ...WRITE_CONDITIONS, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
};

/** Makes the named parts an object, in one change of the index: no byte is copied. The other parts are freed. */
export const completeMultipartUpload = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const uploadId = request.query.get('uploadId') ?? '';
  const condition = readWriteCondition(request);
  const named = readNamedParts(await receiveText(request, store, readBodyIntegrity(request)));

  try {
    return await complete({ request, store, bucketId, uploadId, condition, named });
  } catch (error) {
    // Of two completes at once one finds the upload gone, at whatever step; what the other made of it decides.
    const repeated = repeatedResponse({ request, store, bucketId, uploadId, named });
    if (repeated !== undefined) return repeated;
    throw error;
  }
});

type Completing = { request: S3Request; store: Store; bucketId: number; uploadId: string; named: NamedPart[] };

async function complete(options: Completing & { condition: WriteCondition }): Promise<S3Response> {
  const { request, store, bucketId, uploadId, condition, named } = options;
  // In this order: parts go together with their upload, so that those of one that is still there afterwards are all.
  const held = store.reader.parts(uploadId, 0, MAX_PART_NUMBER);
  const upload = store.reader.upload(bucketId, request.key, uploadId);
  const declared = readDeclaredAlgorithm(request, upload);
  const parts = matchParts(upload, named, held);
  checkSize(request, parts);
  const checksum = await checksumOf(upload, parts);
  checkDeclaredChecksum(request, declared, checksum);
  const etag = multipartETag(parts.map((part) => part.etag));
  const done = await finish({ request, store, bucketId, upload, parts, etag, checksum, condition });
  return done ? completed(request, etag, checksum) : await complete(options);
}

/** Returns false when a part was sent again, with the same bytes, during this call: then nothing was done. */
async function finish(options: {
  request: S3Request;
  store: Store;
  bucketId: number;
  upload: Upload;
  parts: Part[];
  etag: string;
  checksum: StoredChecksum | undefined;
  condition: WriteCondition;
}): Promise<boolean> {
  const { request, store, bucketId, upload, parts, etag, checksum, condition } = options;
  const { bucket, key } = request;
  const { id: uploadId, headers } = upload;
  const segments = segmentsOf(parts);
  const size = segments.reduce((sum, segment) => sum + segment.size, 0);
  const { partsChanged } = await publishManifest(
    store,
    { bucket, key, condition, size, etag, checksum, headers, segments, uploadId },
    (placed) => ({
      type: 'completeUpload',
      bucketId,
      key: keyBytes(key),
      uploadId,
      parts: parts.map(({ number, etag, blob }) => ({ number, etag, blob })),
      etag,
      checksum,
      condition,
      ...placed,
    }),
  );
  return partsChanged === undefined;
}

function segmentsOf(parts: Part[]): Segment[] {
  let start = 0;
  return parts.map(({ size, blob, etag: md5 }) => {
    const segment = { start, size, blob, md5 };
    start += size;
    return segment;
  });
}

function completed(request: S3Request, etag: string, checksum: StoredChecksum | undefined): S3Response {
  const { bucket, key } = request;
  return xmlResponse(
    buildXml('CompleteMultipartUploadResult', {
      Location: `http://${header(request, 'host')}/${bucket}/${encodeURI(key)}`,
      Bucket: bucket,
      Key: key,
      ETag: quoteETag(etag),
      ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type }),
    }),
  );
}

/** A client that lost the response asks again and gets the same one. */
function repeatedResponse({ request, store, bucketId, uploadId, named }: Completing): S3Response | undefined {
  const done = store.reader.completion(uploadId);
  if (done === undefined || done.bucketId !== bucketId || done.key !== request.key) return undefined;
  if (done.etag !== multipartETag(named.map(({ etag }) => etag))) return undefined;
  return completed(request, done.etag, done.checksum);
}

/** @throws {S3Error} MalformedXML, InvalidPartOrder */
function readNamedParts(xml: string): NamedPart[] {
  const input = parseXml(xml, { root: 'CompleteMultipartUpload', lists: ['Part'] });
  const named = children(input, 'Part').map((element) => {
    const number = requiredText(element, 'PartNumber').trim();
    const etag = unquoteETag(requiredText(element, 'ETag'));
    if (!/^-?\d{1,9}$/.test(number)) throw new S3Error('MalformedXML');
    if (Number(number) < 1) {
      throw new S3Error('InvalidArgument', {
        message: 'PartNumber must be >= 1',
        details: { ArgumentName: 'PartNumber', ArgumentValue: number },
      });
    }
    return { number: Number(number), etag, element };
  });
  if (named.length === 0 || named.length > MAX_PART_NUMBER) throw new S3Error('MalformedXML');
  if (named.some(({ number }, index) => index > 0 && number <= (named[index - 1] as NamedPart).number)) {
    throw new S3Error('InvalidPartOrder');
  }
  return named;
}

/**
 * A part may name the upload's checksum and no other: it would not be compared.
 * @throws {S3Error} InvalidArgument, BadDigest
 */
function checkChecksumElements(upload: Upload, { number, element }: NamedPart): void {
  const known = new Map(CHECKSUM_ALGORITHMS.map((algorithm) => [`Checksum${algorithm}`, algorithm]));
  const names = Object.keys(element).filter((name) => name.startsWith('Checksum'));
  for (const name of names) {
    const algorithm = known.get(name);
    if (names.length > 1 || algorithm === undefined || !isChecksum(algorithm, optionalText(element, name) ?? '')) {
      throw new S3Error('InvalidArgument', {
        message: 'Invalid Base64 or multiple checksums present in request',
        details: { ArgumentName: name },
      });
    }
    if (upload.checksumAlgorithm !== undefined && algorithm !== upload.checksumAlgorithm) {
      throw new S3Error('BadDigest', {
        message: `The ${algorithm.toLowerCase()} you specified for part ${number} did not match what we received.`,
      });
    }
  }
}

/** The parts that storage holds for those named. @throws {S3Error} InvalidPart, EntityTooSmall */
function matchParts(upload: Upload, named: NamedPart[], held: Part[]): Part[] {
  const byNumber = new Map(held.map((part) => [part.number, part]));
  const element = `Checksum${upload.checksumAlgorithm}`;
  const parts = named.map((name) => {
    checkChecksumElements(upload, name);
    const part = byNumber.get(name.number);
    const checksum = upload.checksumAlgorithm && optionalText(name.element, element);
    if (part?.etag === name.etag && (checksum === undefined || checksum === part.checksum)) return part;
    throw new S3Error('InvalidPart', {
      details: { UploadId: upload.id, PartNumber: String(name.number), ETag: name.etag },
    });
  });
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small === undefined) return parts;
  throw new S3Error('EntityTooSmall', {
    details: {
      ProposedSize: String(small.size),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(small.number),
      ETag: small.etag,
    },
  });
}

function checkSize(request: S3Request, parts: Part[]): void {
  const declared = header(request, 'x-amz-mp-object-size');
  if (declared?.startsWith('-')) {
    throw new S3Error('InvalidRequest', {
      message: `Value for x-amz-mp-object-size header is less than zero: '${declared}'`,
    });
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (declared === undefined || declared === String(size)) return;
  throw new S3Error('InvalidRequest', {
    message: `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was computed: ${size}`,
  });
}

async function checksumOf(upload: Upload, parts: Part[]): Promise<StoredChecksum | undefined> {
  const { checksumAlgorithm: algorithm, checksumType: type } = upload;
  if (algorithm === undefined || type === undefined) return undefined;
  const digests = parts.map(({ checksum, size }) => ({ digest: checksum ?? '', size }));
  if (digests.some(({ digest }) => digest === '')) return undefined;
  const value =
    type === 'FULL_OBJECT'
      ? combineCrc(algorithm as CrcAlgorithm, digests)
      : await compositeChecksum(
          algorithm,
          digests.map(({ digest }) => digest),
        );
  return { algorithm, value, type };
}

/** The algorithm of the one checksum of the whole object that is declared. @throws {S3Error} InvalidRequest */
function readDeclaredAlgorithm(request: S3Request, upload: Upload): ChecksumAlgorithm | undefined {
  const type = header(request, 'x-amz-checksum-type')?.toUpperCase();
  if (type !== undefined && type !== 'COMPOSITE' && type !== 'FULL_OBJECT') {
    throw new S3Error('InvalidRequest', { message: 'Value for x-amz-checksum-type header is invalid.' });
  }
  if (type !== undefined && upload.checksumType !== undefined && type !== upload.checksumType) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`,
    });
  }
  const names = CHECKSUM_ALGORITHMS.filter((algorithm) => request.headers[checksumHeader(algorithm)] !== undefined);
  if (names.length > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  return names[0];
}

/** BadDigest. @throws {S3Error} InvalidRequest, also for a checksum that the upload is not to have */
function checkDeclaredChecksum(
  request: S3Request,
  name: ChecksumAlgorithm | undefined,
  checksum: StoredChecksum | undefined,
): void {
  if (name === undefined) return;
  if (name !== checksum?.algorithm) {
    throw new S3Error('InvalidRequest', {
      message: `The upload has no ${name} to compare with: name the checksum when the upload is created.`,
    });
  }
  const declared = header(request, checksumHeader(name));
  if (!isChecksum(name, declared?.replace(/-\d+$/, '') ?? '')) {
    throw new S3Error('InvalidRequest', { message: `Value for ${checksumHeader(name)} header is invalid.` });
  }
  if (declared === undefined || declared.replace(/-\d+$/, '') === checksum.value.replace(/-\d+$/, '')) return;
  throw new S3Error('BadDigest', {
    message: `The ${checksum.algorithm} you specified did not match the calculated checksum.`,
  });
}
