import type { S3Client } from '@aws-sdk/client-s3';
import type { LinkSigner, SignerFactory, StorageConfig } from '@darkslide/server/ports';
import {
  createClient,
  createSigners,
  probeStorage,
  S3ObjectStore,
  type StorageHabits,
  storageEndpoint,
} from '@darkslide/server/ports';
import { Sandbox } from './sandbox.ts';

export type SubjectOptions = {
  /** How long links are to live. */
  linkTtlSeconds: number;
  /** The server aborts multipart uploads that are idle for this long. */
  multipartIdleDays: number;
  /** Of the page that uploads, as in `https://photos.example.com`; undefined where none was named. */
  origin: string | undefined;
};

/** The storage that is asked, and what all checks of it share. */
export class Subject {
  readonly config: StorageConfig;
  readonly options: SubjectOptions;
  readonly client: S3Client;
  /** Where it responds, path styles and virtual hosts aside. */
  readonly endpoint: string;
  readonly sandbox: Sandbox;
  readonly #signers: { own: SignerFactory; clients: SignerFactory };
  #habits: Promise<StorageHabits> | undefined;
  #store: Promise<S3ObjectStore> | undefined;

  constructor(config: StorageConfig, options: SubjectOptions) {
    this.config = config;
    this.options = options;
    this.client = createClient(config);
    this.endpoint = storageEndpoint(this.client, config);
    const signing = { ttlSeconds: options.linkTtlSeconds, now: () => new Date() };
    this.#signers = createSigners(this.client, config, signing);
    this.sandbox = new Sandbox(this.client, config.bucket);
  }

  get bucket(): string {
    return this.config.bucket;
  }

  /** What the server finds out at its start. */
  habits(): Promise<StorageHabits> {
    const { client, bucket, config } = this;
    const { signContentType } = config;
    this.#habits ??= probeStorage({ client, bucket, signers: this.#signers.own, signContentType });
    return this.#habits;
  }

  /** Links as clients get them. */
  async clientLinks(): Promise<LinkSigner> {
    const { putHeaders } = await this.habits();
    return await this.#signers.clients.signer(putHeaders);
  }

  /** The storage as the server's rules see it, with links that this machine itself can use. */
  store(): Promise<S3ObjectStore> {
    this.#store ??= this.#openStore();
    return this.#store;
  }

  async #openStore(): Promise<S3ObjectStore> {
    const { client, bucket } = this;
    return new S3ObjectStore({ client, bucket, signers: this.#signers.own, habits: await this.habits() });
  }

  close(): void {
    this.client.destroy();
  }
}
