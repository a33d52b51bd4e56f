import { buildXml } from '@darkslide/s3wire';
import { xmlResponse } from '../http/response.ts';
import type { Operation } from '../operation.ts';

export const listBuckets: Operation = async (_request, store) => {
  const buckets = store.reader.buckets().map(({ name, createdAt }) => ({
    Name: name,
    CreationDate: new Date(createdAt),
  }));
  return xmlResponse(buildXml('ListAllMyBucketsResult', { Owner: { ID: 'darkslide' }, Buckets: { Bucket: buckets } }));
};
