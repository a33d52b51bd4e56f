import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { request } from '../http-client.ts';
import { outcomeOf, type Probe, type Storage } from './storage.ts';

const ORIGIN = 'https://photos.example.com';
/** What a page needs to upload by links. */
const RULE = {
  AllowedOrigins: [ORIGIN],
  AllowedMethods: ['PUT', 'GET'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag'],
};

const allowPage = ({ client, access }: Storage) =>
  client.send(new PutBucketCorsCommand({ Bucket: access.bucket, CORSConfiguration: { CORSRules: [RULE] } }));

async function preflight(storage: Storage): Promise<string> {
  await allowPage(storage).catch(() => {});
  const url = storage.presigner.presign({ method: 'PUT', key: storage.newObject().Key, expiresIn: 60 });
  const headers = { Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT' };
  const answer = await request({ url, method: 'OPTIONS', headers });
  const allows = answer.headers['access-control-allow-origin'] !== undefined;
  return `${answer.status}, ${allows ? 'allowed' : 'not allowed'}`;
}

async function exposedETag(storage: Storage): Promise<string> {
  await allowPage(storage).catch(() => {});
  const { headers } = await storage.putByLink({ key: storage.newObject().Key, sent: { Origin: ORIGIN } });
  const exposed = String(headers['access-control-expose-headers'] ?? '');
  return /\betag\b|\*/i.test(exposed) ? 'yes' : 'no';
}

const DAYS = 7;

async function lifecycle({ client, access: { bucket: Bucket } }: Storage): Promise<string> {
  const AbortIncompleteMultipartUpload = { DaysAfterInitiation: DAYS };
  const rule = { ID: 'incomplete', Status: 'Enabled', Filter: { Prefix: '' }, AbortIncompleteMultipartUpload } as const;
  const LifecycleConfiguration = { Rules: [rule] };
  const put = client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  const answer = await outcomeOf(put);
  if (!answer.startsWith('20')) return answer;
  const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  const isKept = Rules.some((each) => each.AbortIncompleteMultipartUpload?.DaysAfterInitiation === DAYS);
  return isKept ? 'taken and told' : 'taken, but not told';
}

export const bucketProbes: readonly Probe[] = [
  { question: 'CORS rules can be set', ask: (storage) => outcomeOf(allowPage(storage)) },
  { question: 'CORS preflight of a PUT', ask: preflight },
  { question: 'CORS exposes `ETag`', ask: exposedETag },
  { question: 'Lifecycle rule `AbortIncompleteMultipartUpload`', ask: lifecycle },
];
