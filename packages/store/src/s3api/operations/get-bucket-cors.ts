import { buildXml, S3Error } from '@darkslide/s3wire';
import type { CorsRule } from '../../options.ts';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = { query: ['cors'] };

/** A bucket that lives by the configuration's rules has none of its own to show. */
export const getBucketCors = operation(KNOWN, async (request, store) => {
  const { cors } = store.reader.bucket(request.bucket);
  if (cors === undefined) {
    throw new S3Error('NoSuchCORSConfiguration', { details: { BucketName: request.bucket } });
  }
  const rules = (JSON.parse(cors) as CorsRule[]).map((rule) => ({
    ID: rule.id,
    AllowedOrigin: rule.allowedOrigins,
    AllowedMethod: rule.allowedMethods,
    AllowedHeader: rule.allowedHeaders,
    ExposeHeader: rule.exposeHeaders,
    MaxAgeSeconds: rule.maxAgeSeconds,
  }));
  return xmlResponse(buildXml('CORSConfiguration', { CORSRule: rules }));
});
