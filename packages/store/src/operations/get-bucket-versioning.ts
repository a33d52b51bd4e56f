import { buildXml } from '@darkslide/s3wire';
import { xmlResponse } from '../http/response.ts';
import type { Operation } from '../operation.ts';

/** Never enabled, which S3 says by saying nothing. Clients ask before they empty a bucket. */
export const getBucketVersioning: Operation = async (request, store) => {
  store.reader.bucket(request.bucket);
  return xmlResponse(buildXml('VersioningConfiguration', {}));
};
