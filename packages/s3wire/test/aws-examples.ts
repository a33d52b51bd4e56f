/** The account, day and bucket of the examples that the Amazon S3 API Reference publishes. */
export const EXAMPLE_CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export const EXAMPLE_NOW = new Date('2013-05-24T00:00:00Z');

export const EXAMPLE_REGION = 'us-east-1';

/** What a server of that account is set to. */
export const EXAMPLE_SERVER = {
  secretKeyOf: (accessKeyId: string) =>
    accessKeyId === EXAMPLE_CREDENTIALS.accessKeyId ? EXAMPLE_CREDENTIALS.secretAccessKey : undefined,
  region: EXAMPLE_REGION,
  now: EXAMPLE_NOW,
};

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The `Authorization` header of an example. */
export const exampleAuthorization = (signedHeaders: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`;
