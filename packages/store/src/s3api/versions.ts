import { S3Error } from '@darkslide/s3wire';

/** The version of every object: buckets have no versioning, and S3 then names what there is so. */
export const ONLY_VERSION = 'null';

/** @throws {S3Error} InvalidArgument where another version is asked for: none was ever given a name */
export function checkVersion(versionId: string | undefined): void {
  if (versionId === undefined || versionId === ONLY_VERSION) return;
  throw new S3Error('InvalidArgument', {
    message: 'Invalid version id specified',
    details: { ArgumentName: 'versionId', ArgumentValue: versionId },
  });
}
