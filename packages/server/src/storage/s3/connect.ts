import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Observers } from '../../observability/requests.ts';
import { UnusableError } from '../../trouble/diagnosis.ts';
import type { StorageConfig } from './config.ts';
import { diagnoseStorage, WrongAddressingError } from './diagnose.ts';
import { observeCalls } from './observe.ts';
import { probeStorage } from './probe.ts';
import { S3ObjectStore } from './s3-object-store.ts';
import { SignerFactory } from './signer.ts';

/** Limits of the connections to storage: sockets, and milliseconds. */
const MAX_SOCKETS = 64;
const CONNECT_TIMEOUT_MS = 3000;
const SOCKET_TIMEOUT_MS = 60_000;
/** For the first question, all retries together. */
const BUCKET_DEADLINE_MS = 10_000;

/** Storage, ready to use, and how to close it. */
export type ConnectedStore = {
  store: S3ObjectStore;
  /** Calls that wait for a free connection. */
  waiting(): number;
  close(): void;
};

/**
 * Connects to storage, and finds out at once whether it takes uploads.
 * @throws {UnusableError} where it does not.
 */
export async function connectStorage(
  config: StorageConfig,
  { ttlSeconds, now = () => new Date(), ...observers }: { ttlSeconds: number; now?: () => Date } & Observers,
): Promise<ConnectedStore> {
  const { bucket, signContentType } = config;
  const agents = createAgents();
  const client = createClient(config, agents);
  observeCalls(client, observers);
  try {
    await requireBucket(client, bucket);
    const { own, clients: signers } = createSigners(client, config, { ttlSeconds, now });
    const habits = await probeStorage({ client, bucket, signers: own, signContentType });
    const store = new S3ObjectStore({ client, bucket, signers, habits, metrics: observers.metrics });
    return { store, waiting: () => waitingOf(agents), close: () => client.destroy() };
  } catch (error) {
    client.destroy();
    throw new UnusableError(diagnoseStorage(error, config), { cause: error });
  }
}

/** Signers of links for this machine's own use, and for clients, who may reach storage elsewhere. */
export function createSigners(
  client: S3Client,
  config: StorageConfig,
  { ttlSeconds, now }: { ttlSeconds: number; now: () => Date },
): { own: SignerFactory; clients: SignerFactory } {
  const { bucket, region } = config;
  const endpoint = storageEndpoint(client, config);
  // A wildcard certificate does not cover a bucket with dots as a host name, and an address has no names below it.
  const pathStyle = config.forcePathStyle || bucket.includes('.') || isAddress(endpoint);
  const signing = { credentials: client.config.credentials, region, bucket, pathStyle, ttlSeconds, now };
  return {
    own: new SignerFactory({ ...signing, endpoint }),
    clients: new SignerFactory({ ...signing, endpoint: config.publicEndpoint ?? endpoint }),
  };
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

export function createClient(
  { endpoint, region, forcePathStyle, credentials }: StorageConfig,
  agents: Agents = createAgents(),
): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: withoutUndefined(credentials) }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: SOCKET_TIMEOUT_MS,
      ...agents,
    },
  });
}

function withoutUndefined({ sessionToken, ...pair }: NonNullable<StorageConfig['credentials']>) {
  return sessionToken === undefined ? pair : { ...pair, sessionToken };
}

function isAddress(endpoint: string): boolean {
  return isIP(new URL(endpoint).hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Where this machine reaches storage; AWS by the SDK's own rules. */
export function storageEndpoint(client: S3Client, { endpoint, region }: StorageConfig): string {
  if (endpoint !== undefined) return endpoint;
  return client.config.endpointProvider({ Region: region, UseFIPS: false, UseDualStack: false }).url.origin;
}

/**
 * Asks for one key of the bucket: unlike a HEAD, a listing that is refused says why.
 * @throws what the SDK throws, or WrongAddressingError where something else than the bucket responded.
 */
export async function requireBucket(client: S3Client, bucket: string): Promise<void> {
  const list = new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 });
  const { Name } = await client.send(list, { abortSignal: AbortSignal.timeout(BUCKET_DEADLINE_MS) });
  if (Name !== bucket) throw new WrongAddressingError();
}
