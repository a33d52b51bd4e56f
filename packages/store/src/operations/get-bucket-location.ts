import { buildXml } from '@darkslide/s3wire';
import { xmlResponse } from '../http/response.ts';
import type { Operation } from '../operation.ts';

/** S3's first region is the empty constraint. */
export const getBucketLocation: Operation = async (request, store) => {
  store.reader.bucket(request.bucket);
  return xmlResponse(buildXml('LocationConstraint', store.region === 'us-east-1' ? {} : { '#text': store.region }));
};
