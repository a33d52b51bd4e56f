import type { PartRecord } from '../blobs/record.ts';
import type { Row } from '../catalog/statements.ts';
import { keyText } from '../model.ts';

/** What the blob of a part says of itself, from the part's row and its upload's. */
export const partRecord = (
  part: Row,
  { upload, bucket, sequence }: { upload: Row; bucket: string; sequence: number },
): PartRecord => ({
  kind: 'part',
  bucket,
  key: keyText(upload.key as Uint8Array),
  uploadId: String(part.upload_id),
  number: Number(part.number),
  sequence,
  after: 0,
  size: Number(part.size),
  etag: String(part.etag),
  modifiedAt: Number(part.modified_at),
  checksum: part.checksum === null ? undefined : String(part.checksum),
  upload: {
    initiatedAt: Number(upload.initiated_at),
    headers: JSON.parse(String(upload.headers)),
    checksumAlgorithm: (upload.checksum_algorithm ?? undefined) as never,
    checksumType: (upload.checksum_type ?? undefined) as never,
  },
});
