import type { S3ErrorCode } from '@darkslide/s3wire';

/** Why a command was refused. The thread of the index does not load the rest of the S3 protocol. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: S3ErrorCode;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, details: Readonly<Record<string, string>> = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}
