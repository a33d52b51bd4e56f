import { S3Error } from '@darkslide/s3wire';
import type { Operation } from './operation.ts';
import { abortMultipartUpload } from './operations/abort-multipart-upload.ts';
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { createBucket } from './operations/create-bucket.ts';
import { createMultipartUpload } from './operations/create-multipart-upload.ts';
import { deleteBucket } from './operations/delete-bucket.ts';
import { deleteBucketCors } from './operations/delete-bucket-cors.ts';
import { deleteObject } from './operations/delete-object.ts';
import { deleteObjects } from './operations/delete-objects.ts';
import { getBucketCors } from './operations/get-bucket-cors.ts';
import { getBucketLocation } from './operations/get-bucket-location.ts';
import { getBucketVersioning } from './operations/get-bucket-versioning.ts';
import { getObject } from './operations/get-object.ts';
import { getObjectAttributes } from './operations/get-object-attributes.ts';
import { headBucket } from './operations/head-bucket.ts';
import { headObject } from './operations/head-object.ts';
import { listBuckets } from './operations/list-buckets.ts';
import { listMultipartUploads } from './operations/list-multipart-uploads.ts';
import { listObjectVersions } from './operations/list-object-versions.ts';
import { listObjects } from './operations/list-objects.ts';
import { listObjectsV2 } from './operations/list-objects-v2.ts';
import { listParts } from './operations/list-parts.ts';
import { putBucketCors } from './operations/put-bucket-cors.ts';
import { putObject } from './operations/put-object.ts';
import { uploadPart } from './operations/upload-part.ts';
import { uploadPartCopy } from './operations/upload-part-copy.ts';
import type { Target } from './target.ts';

type Route = {
  name: string;
  method: string;
  on: 'account' | 'bucket' | 'object';
  /** The query parameter that names a subresource, or the part of the object that is meant. */
  query?: string;
  operation: Operation;
};

const ROUTES: Route[] = [
  { name: 'ListBuckets', method: 'GET', on: 'account', operation: listBuckets },

  { name: 'GetBucketLocation', method: 'GET', on: 'bucket', query: 'location', operation: getBucketLocation },
  { name: 'GetBucketVersioning', method: 'GET', on: 'bucket', query: 'versioning', operation: getBucketVersioning },
  { name: 'GetBucketCors', method: 'GET', on: 'bucket', query: 'cors', operation: getBucketCors },
  { name: 'PutBucketCors', method: 'PUT', on: 'bucket', query: 'cors', operation: putBucketCors },
  { name: 'DeleteBucketCors', method: 'DELETE', on: 'bucket', query: 'cors', operation: deleteBucketCors },
  { name: 'ListMultipartUploads', method: 'GET', on: 'bucket', query: 'uploads', operation: listMultipartUploads },
  { name: 'DeleteObjects', method: 'POST', on: 'bucket', query: 'delete', operation: deleteObjects },
  { name: 'ListObjectVersions', method: 'GET', on: 'bucket', query: 'versions', operation: listObjectVersions },
  { name: 'ListObjectsV2', method: 'GET', on: 'bucket', query: 'list-type', operation: listObjectsV2 },
  { name: 'ListObjects', method: 'GET', on: 'bucket', operation: listObjects },
  { name: 'HeadBucket', method: 'HEAD', on: 'bucket', operation: headBucket },
  { name: 'CreateBucket', method: 'PUT', on: 'bucket', operation: createBucket },
  { name: 'DeleteBucket', method: 'DELETE', on: 'bucket', operation: deleteBucket },

  { name: 'CreateMultipartUpload', method: 'POST', on: 'object', query: 'uploads', operation: createMultipartUpload },
  { name: 'UploadPart', method: 'PUT', on: 'object', query: 'uploadId', operation: uploadPart },
  { name: 'ListParts', method: 'GET', on: 'object', query: 'uploadId', operation: listParts },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    query: 'uploadId',
    operation: completeMultipartUpload,
  },
  { name: 'AbortMultipartUpload', method: 'DELETE', on: 'object', query: 'uploadId', operation: abortMultipartUpload },
  {
    name: 'GetObjectAttributes',
    method: 'GET',
    on: 'object',
    query: 'attributes',
    operation: getObjectAttributes,
  },
  { name: 'GetObject', method: 'GET', on: 'object', operation: getObject },
  { name: 'HeadObject', method: 'HEAD', on: 'object', operation: headObject },
  { name: 'PutObject', method: 'PUT', on: 'object', operation: putObject },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', operation: deleteObject },
];

/** The call that a request makes when `x-amz-copy-source` takes the place of its body. */
const COPIES: Record<string, { name: string; operation: Operation } | undefined> = {
  PutObject: { name: 'CopyObject', operation: copyObject },
  UploadPart: { name: 'UploadPartCopy', operation: uploadPartCopy },
};

/**
 * Which call a request is. What it asks for besides is held to what the operation knows.
 * @throws {S3Error} MethodNotAllowed
 */
export function findOperation(request: { method: string; target: Target; copies: boolean }): {
  name: string;
  operation: Operation;
} {
  const { method, target, copies } = request;
  const on = target.key !== undefined ? 'object' : target.bucket !== undefined ? 'bucket' : 'account';
  const route = ROUTES.find(
    (one) => one.on === on && one.method === method && (one.query === undefined || target.query.has(one.query)),
  );
  if (route === undefined) throw new S3Error('MethodNotAllowed', { details: { Method: method } });
  const copy = copies ? COPIES[route.name] : undefined;
  return copy ?? route;
}
