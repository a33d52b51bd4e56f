import { S3ServiceException } from '@aws-sdk/client-s3';
import type { Diagnosis } from '../../trouble/diagnosis.ts';
import { networkTrouble } from '../../trouble/network.ts';
import { StorageUnavailableError } from '../object-store.ts';
import type { StorageConfig } from './config.ts';
import { describeError } from './errors.ts';
import { CredentialsExpiredError } from './signer.ts';

/** What a diagnosis is about; the doctor asks about each. */
export type StorageTopic = 'reach' | 'clock' | 'credentials' | 'region' | 'addressing' | 'bucket' | 'responses';

export type StorageDiagnosis = Diagnosis & {
  about: StorageTopic;
  /** Whether it is the bucket that is missing, so that it could be created. */
  isMissingBucket?: boolean;
};

/** Storage responded to a request about the bucket with something about another thing. */
export class WrongAddressingError extends Error {
  override readonly name = 'WrongAddressingError';
}

/** Storage took no upload by link. */
export class LinkRefusedError extends Error {
  override readonly name = 'LinkRefusedError';
  readonly status: number;
  /** S3's code; '' where the response has none. */
  readonly code: string;
  /** How far this machine's clock is ahead of the storage's, as far as the response tells. */
  readonly skewSeconds: number;

  constructor({ status, code, skewSeconds = 0 }: { status: number; code: string; skewSeconds?: number | undefined }) {
    super(`a test upload by link was refused with ${status} ${code}`.trimEnd());
    this.status = status;
    this.code = code;
    this.skewSeconds = skewSeconds;
  }
}

/** Signatures of clocks further apart are refused. */
export const MAX_SKEW_SECONDS = 15 * 60;

/** What the server needs to be allowed, in the words of AWS's policies. */
const PERMISSIONS = [
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:GetObject',
  's3:PutObject',
  's3:ListMultipartUploadParts',
  's3:AbortMultipartUpload',
].join(', ');

/** What an error of the SDK, or of a connection to storage, means, and how to fix it. */
export function diagnoseStorage(error: unknown, config: StorageConfig): StorageDiagnosis {
  if (error instanceof WrongAddressingError) return wrongAddressing(config);
  if (error instanceof CredentialsExpiredError) return expired();
  // The adapter's own words; what it caught says more.
  if (error instanceof StorageUnavailableError && error.cause !== undefined) {
    return diagnoseStorage(error.cause, config);
  }
  if (error instanceof LinkRefusedError) return linkRefusal(error, config);
  if (error instanceof S3ServiceException) return refusal(refusalOf(error), config);
  if (error instanceof Error && error.name === 'CredentialsProviderError') return noCredentials(error);
  const trouble = networkTrouble(error);
  if (trouble) return unreachable(trouble, error, config);
  // The SDK could not read the response.
  if (error instanceof Error && '$response' in error) return notAnS3(config);
  return { about: 'responses', problem: `${storageName(config)} failed`, remedy: describeError(error), lasting: false };
}

/** How sentences call the storage, where they begin with it and within. */
export function storageName({ endpoint, region }: StorageConfig, place: 'first' | 'within' = 'first'): string {
  if (endpoint === undefined) return `Amazon S3 in ${region}`;
  return `${place === 'first' ? 'The' : 'the'} storage at ${endpoint}`;
}

/** `skewSeconds`: how far this machine's clock is ahead of the storage's, where that is known. */
export function clockDiagnosis(config: StorageConfig, skewSeconds?: number): StorageDiagnosis {
  const skew = skewSeconds === undefined ? 'too far from' : `${describeSkew(skewSeconds)}`;
  return {
    about: 'clock',
    problem: `This machine's clock is ${skew} that of ${storageName(config, 'within')}, which refuses such requests`,
    remedy: 'set both clocks by NTP',
    lasting: false,
  };
}

export function describeSkew(seconds: number): string {
  const size = Math.abs(seconds);
  const amount = size < 120 ? `${Math.round(size)} s` : `${Math.round(size / 60)} min`;
  return `${amount} ${seconds > 0 ? 'ahead of' : 'behind'}`;
}

/** A response of storage that is not a success. */
type Refusal = { status: number; code: string; message: string; region?: string | undefined };

function refusalOf(error: S3ServiceException): Refusal {
  const named = (error as { Region?: unknown }).Region ?? error.$response?.headers?.['x-amz-bucket-region'];
  return {
    status: error.$metadata.httpStatusCode ?? 0,
    // A HEAD has no body to name one.
    code: error.name === 'Unknown' ? '' : error.name,
    message: error.message,
    region: typeof named === 'string' ? named : undefined,
  };
}

function linkRefusal({ status, code, message, skewSeconds }: LinkRefusedError, config: StorageConfig) {
  if (Math.abs(skewSeconds) > MAX_SKEW_SECONDS) return clockDiagnosis(config, skewSeconds);
  return refusal({ status, code, message }, config);
}

function refusal(refused: Refusal, config: StorageConfig): StorageDiagnosis {
  const { status, code, message } = refused;
  if (code === 'RequestTimeTooSkewed') return clockDiagnosis(config);
  if (EXPIRED.has(code)) return expired();
  const credentials = credentialTrouble(code, config);
  if (credentials) return { about: 'credentials', ...credentials, lasting: true };
  if (status === 301 || WRONG_REGION.has(code)) return wrongRegion(refused, config);
  if (NO_BUCKET.has(code)) return noSuchBucket(config);
  if (status === 403) return denied(config);
  const said = `${status} ${code}`.trimEnd();
  const remedy = status >= 500 ? 'see its own logs, and try again later' : message;
  return { about: 'responses', problem: `${storageName(config)} responds with ${said}`, remedy, lasting: false };
}

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);
/** A HEAD's 404 has no code. */
const NO_BUCKET = new Set(['NoSuchBucket', 'NotFound', 'InvalidBucketName']);
const WRONG_REGION = new Set([
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'PermanentRedirect',
  'IllegalLocationConstraintException',
]);

export function expired(): StorageDiagnosis {
  const problem = 'The session credentials for the storage have expired';
  return { about: 'credentials', problem, remedy: 'get new ones, and start again with them', lasting: true };
}

function credentialTrouble(code: string, config: StorageConfig): { problem: string; remedy: string } | undefined {
  const { key, secret } = credentialNames(config);
  switch (code) {
    case 'InvalidAccessKeyId':
      return { problem: `${storageName(config)} does not know the access key`, remedy: `check ${key}` };
    case 'SignatureDoesNotMatch':
      return { problem: `${storageName(config)} does not accept the secret key`, remedy: `check ${secret}` };
    case 'InvalidToken':
      return { problem: `${storageName(config)} does not accept the session token`, remedy: 'check AWS_SESSION_TOKEN' };
  }
  return undefined;
}

function noSuchBucket(config: StorageConfig): StorageDiagnosis {
  const problem = `${storageName(config)} has no bucket "${config.bucket}"`;
  const remedy = 'check DARKSLIDE_S3_BUCKET, or create it, as `darkslide doctor --fix` does';
  return { about: 'bucket', problem, remedy, lasting: true, isMissingBucket: true };
}

function denied(config: StorageConfig): StorageDiagnosis {
  const problem = `${storageName(config)} denies these credentials the bucket "${config.bucket}"`;
  return { about: 'bucket', problem, remedy: `let its policy allow ${PERMISSIONS}`, lasting: true };
}

function wrongRegion({ region }: Refusal, config: StorageConfig): StorageDiagnosis {
  const problem = `The bucket "${config.bucket}" is not in the region ${config.region}`;
  const remedy = region ? `set DARKSLIDE_S3_REGION=${region}` : 'set DARKSLIDE_S3_REGION to its own';
  return { about: 'region', problem, remedy, lasting: true };
}

/** Virtual hosts where storage knows paths only. */
function wrongAddressing(config: StorageConfig): StorageDiagnosis {
  if (config.forcePathStyle) return notAnS3(config);
  return {
    about: 'addressing',
    problem: `${storageName(config)} does not find the bucket "${config.bucket}" by its host name`,
    remedy: 'set DARKSLIDE_S3_FORCE_PATH_STYLE=true',
    lasting: true,
  };
}

function notAnS3(config: StorageConfig): StorageDiagnosis {
  const problem = `What responds at ${config.endpoint ?? config.region} is not an S3 storage`;
  return { about: 'reach', problem, remedy: 'check DARKSLIDE_S3_ENDPOINT', lasting: true };
}

function noCredentials(error: Error): StorageDiagnosis {
  const nowhere = error.message.startsWith('Could not load credentials from any providers');
  return {
    about: 'credentials',
    problem: nowhere
      ? 'There are no credentials for the storage'
      : `The credentials for the storage can't be read (${error.message})`,
    remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or check the profile or role that should bring them',
    lasting: true,
  };
}

function unreachable(
  { problem, remedy }: { problem: string; remedy: string },
  error: unknown,
  config: StorageConfig,
): StorageDiagnosis {
  const { hostname = '' } = error as { hostname?: string };
  if (!config.forcePathStyle && config.endpoint && hostname.startsWith(`${config.bucket}.`)) {
    return wrongAddressing(config);
  }
  const variable = config.endpoint === undefined ? 'DARKSLIDE_S3_REGION' : 'DARKSLIDE_S3_ENDPOINT';
  return {
    about: 'reach',
    problem: `${storageName(config)} ${problem}`,
    remedy: `${remedy} (${variable})`,
    lasting: false,
  };
}

/** The variables that the credentials came from. */
function credentialNames({ credentials }: StorageConfig): { key: string; secret: string } {
  if (credentials === undefined) {
    return { key: 'AWS_ACCESS_KEY_ID, or the profile or role it comes from', secret: 'AWS_SECRET_ACCESS_KEY' };
  }
  return { key: 'DARKSLIDE_STORE_ACCESS_KEY', secret: 'DARKSLIDE_STORE_SECRET_KEY' };
}
