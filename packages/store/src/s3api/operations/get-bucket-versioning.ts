import { buildXml } from '@darkslide/s3wire';
import type { Known } from '../known.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';

const KNOWN: Known = { query: ['versioning'] };

/** Never enabled, which S3 says by saying nothing. Clients ask before they empty a bucket. */
export const getBucketVersioning = operation(KNOWN, async (request, store) => {
  store.reader.bucket(request.bucket);
  return xmlResponse(buildXml('VersioningConfiguration', {}));
});
