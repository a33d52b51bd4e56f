import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { UploadRef } from '@darkslide/server/ports';
import { within } from './within.ts';

/**
 * What the checks write lies under a prefix of its own, beside the projects, whose keys begin with their uuid; and all
 * of it is removed again.
 */
export class Sandbox {
  readonly prefix = `.darkslide/doctor-${randomBytes(8).toString('hex')}/`;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #keys = new Set<string>();
  readonly #uploads = new Set<UploadRef>();

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** A key to write to. */
  key(name: string): string {
    const key = this.prefix + name;
    this.#keys.add(key);
    return key;
  }

  /** Call with every upload that is started. */
  opened(upload: UploadRef): UploadRef {
    this.#uploads.add(upload);
    return upload;
  }

  get isUntouched(): boolean {
    return this.#keys.size === 0;
  }

  /** Removes everything, as far as storage lets us. @throws what storage said where something is left. */
  async clear(): Promise<void> {
    for (const { key, uploadId } of this.#uploads) {
      const abort = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId });
      // Most are completed or aborted by now.
      await this.#client.send(abort, within()).catch(() => {});
    }
    let refused: unknown;
    for (const key of this.#keys) {
      const remove = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key });
      await this.#client.send(remove, within()).catch((error) => {
        refused = error;
      });
    }
    const list = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.prefix });
    const { Contents = [] } = await this.#client.send(list, within());
    if (Contents.length > 0) throw refused ?? new Error(`${Contents.length} objects are still there`);
  }
}
