/**
 * The S3 wire protocol, as AWS publishes it: SigV4 signing, presigning and verifying, aws-chunked bodies,
 * checksums, XML and ETags. Pure: no sockets, no disk, no clock but the one passed in.
 */
export { AwsChunkedDecoder } from './aws-chunked.ts';
export {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  type CrcAlgorithm,
  checksumHeader,
  combineCrc,
  compositeChecksum,
  createChecksum,
  isChecksum,
} from './checksum.ts';
export type { ChunkSigner } from './chunk-signer.ts';
export type { Credentials } from './credentials.ts';
export { amzDate, parseAmzDate } from './dates.ts';
export { uriEncode } from './encode.ts';
export { S3_ERRORS, S3Error, type S3ErrorCode } from './errors.ts';
export { etagMatches, multipartETag, quoteETag, unquoteETag } from './etag.ts';
export type { AwsChunkedPayload, Payload } from './payload.ts';
export { createPresigner, MAX_EXPIRES_IN_SECONDS, type Presigner, type PresignRequest } from './presign.ts';
export { type RequestHeaders, signRequest } from './signing.ts';
export { type SignedRequest, type Verified, verifyRequest } from './verify.ts';
export { buildErrorXml, buildXml, parseXml, S3_NAMESPACE, type XmlContent, type XmlObject } from './xml.ts';
