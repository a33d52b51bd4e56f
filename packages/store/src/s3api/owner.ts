import { S3Error } from '@darkslide/s3wire';
import { header, type S3Request } from './request.ts';

/** Whom all buckets belong to, as listings name them. */
export const OWNER = { ID: 'darkslide', DisplayName: 'darkslide' };

/** @throws {S3Error} AccessDenied where the request is meant for buckets of someone else */
export function checkExpectedOwner(request: Pick<S3Request, 'headers'>): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    if ((header(request, name) ?? OWNER.ID) !== OWNER.ID) throw new S3Error('AccessDenied');
  }
}
