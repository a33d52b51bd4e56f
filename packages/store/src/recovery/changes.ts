import type { Change } from '../blobs/changes.ts';
import { keyText } from '../model.ts';

/** The written changes, to be asked by what they are about. */
export class Changes {
  readonly voids = new Set<string>();
  /** Of an aborted one the value is true. */
  readonly endedUploads = new Map<string, boolean>();
  readonly #deleted = new Map<string, number>();

  constructor(changes: readonly Change[]) {
    for (const change of changes) {
      if (change.type === 'void') this.voids.add(change.blob);
      if (change.type === 'upload-ended') this.endedUploads.set(change.uploadId, change.aborted ?? false);
      if (change.type === 'delete') {
        const place = placeOf(change.bucket, change.key);
        this.#deleted.set(place, Math.max(change.sequence, this.#deleted.get(place) ?? 0));
      }
    }
  }

  isAborted(uploadId: string | undefined): boolean {
    return uploadId !== undefined && this.endedUploads.get(uploadId) === true;
  }

  /** The sequence number of the key's last delete, or 0. */
  deletedAt(bucket: string, key: string): number {
    return this.#deleted.get(placeOf(bucket, key)) ?? 0;
  }
}

const placeOf = (bucket: string, key: string) => `${bucket}/${keyText(Buffer.from(key))}`;
