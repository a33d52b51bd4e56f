import type { S3ErrorCode } from '@darkslide/s3wire';

/** Why a command is not carried out. The thread of the index has no use for the rest of the S3 wire. */
export class Refusal extends Error {
  readonly code: S3ErrorCode;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, details: Readonly<Record<string, string>> = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}
