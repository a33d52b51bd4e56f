import { multipartETag } from '@darkslide/s3wire';

const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

/** Whether an object's ETag is the one of these parts. An empty last part is stored nowhere, so both ETags fit. */
export const fitsParts = (etag: string, md5s: readonly string[]): boolean =>
  multipartETag(md5s) === etag || multipartETag([...md5s, EMPTY_MD5]) === etag;
