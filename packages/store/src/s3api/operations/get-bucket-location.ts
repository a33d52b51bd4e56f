import { buildXml } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = { query: ['location'] };

/** S3's first region is the empty constraint. */
export const getBucketLocation = operation(KNOWN, async (request, store) => {
  store.reader.bucket(request.bucket);
  return xmlResponse(buildXml('LocationConstraint', store.region === 'us-east-1' ? {} : { '#text': store.region }));
});
