/** Where the photos go: any S3, and how to talk to it. */
export type StorageConfig = {
  /** Where the server reaches it; undefined: AWS, in `region`. */
  endpoint?: string | undefined;
  /** Where clients reach it, if elsewhere: links point here. */
  publicEndpoint?: string | undefined;
  region: string;
  bucket: string;
  /** True for `endpoint/bucket/key`, false for `bucket.endpoint/key`. */
  forcePathStyle: boolean;
  /** Undefined: AWS's own chain (environment, shared files, SSO, web identity, container and instance roles). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined } | undefined;
  /**
   * Whether links sign an empty content type. `auto` asks the storage at start whether it takes a PUT without the
   * header as one with an empty one, for both kinds of client exist.
   */
  signContentType: 'auto' | 'always' | 'never';
};
