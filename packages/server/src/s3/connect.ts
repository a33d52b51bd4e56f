import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Observers } from '../observability/requests.ts';
import type { StorageConfig } from './config.ts';
import { describeError, isNotFound } from './errors.ts';
import { observeCalls } from './observe.ts';
import { probeStorage } from './probe.ts';
import { S3ObjectStore } from './s3-object-store.ts';
import { SignerFactory } from './signer.ts';

/** Limits of the connections to storage: sockets, and milliseconds. */
const MAX_SOCKETS = 64;
const CONNECT_TIMEOUT = 3000;
const SOCKET_TIMEOUT = 60_000;

/** Storage, ready to use, and how to let go of it. */
export type ConnectedStore = {
  store: S3ObjectStore;
  /** Calls that wait for a free connection. */
  waiting(): number;
  close(): void;
};

/**
 * Connects to storage, and finds out at once whether it takes uploads.
 * @throws {Error} with one sentence for the operator where it does not.
 */
export async function connectStorage(
  config: StorageConfig,
  { ttlSeconds, now = () => new Date(), ...observers }: { ttlSeconds: number; now?: () => Date } & Observers,
): Promise<ConnectedStore> {
  const { bucket, region, forcePathStyle } = config;
  const agents = createAgents();
  const client = createClient(config, agents);
  observeCalls(client, observers);
  try {
    const endpoint = config.endpoint ?? awsEndpoint(client, region);
    await requireBucket(client, bucket);
    // A bucket with dots is no host name that a wildcard certificate covers.
    const pathStyle = forcePathStyle || bucket.includes('.');
    const credentials = client.config.credentials;
    const signing = { credentials, region, bucket, pathStyle, ttlSeconds, now };
    const { signContentType } = config;
    const probeSigners = new SignerFactory({ ...signing, endpoint });
    const habits = await probeStorage({ client, bucket, signers: probeSigners, signContentType });
    const signers = new SignerFactory({ ...signing, endpoint: config.publicEndpoint ?? endpoint });
    const store = new S3ObjectStore({ client, bucket, signers, habits, metrics: observers.metrics });
    return { store, waiting: () => waitingOf(agents), close: () => client.destroy() };
  } catch (error) {
    client.destroy();
    const where = `${config.endpoint ?? `AWS ${region}`}, bucket "${bucket}"`;
    throw new Error(`The storage (${where}) can't be used: ${describeError(error)}.`, { cause: error });
  }
}

type Agents = { httpAgent: HttpAgent; httpsAgent: HttpsAgent };

function createAgents(): Agents {
  const limits = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return { httpAgent: new HttpAgent(limits), httpsAgent: new HttpsAgent(limits) };
}

function waitingOf({ httpAgent, httpsAgent }: Agents): number {
  const lines = [httpAgent, httpsAgent].flatMap(({ requests }) => Object.values(requests));
  return lines.reduce((sum, line) => sum + (line?.length ?? 0), 0);
}

function createClient({ endpoint, region, forcePathStyle, credentials }: StorageConfig, agents: Agents): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: withoutUndefined(credentials) }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT,
      requestTimeout: SOCKET_TIMEOUT,
      ...agents,
    },
  });
}

function withoutUndefined({ sessionToken, ...pair }: NonNullable<StorageConfig['credentials']>) {
  return sessionToken === undefined ? pair : { ...pair, sessionToken };
}

/** Where AWS answers for the region, by the SDK's own rules. */
function awsEndpoint(client: S3Client, region: string): string {
  return client.config.endpointProvider({ Region: region, UseFIPS: false, UseDualStack: false }).url.origin;
}

async function requireBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(10_000) });
  } catch (error) {
    if (isNotFound(error)) throw new Error('the bucket does not exist; create it first', { cause: error });
    throw error;
  }
}
