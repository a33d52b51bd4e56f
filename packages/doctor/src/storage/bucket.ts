import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  diagnoseStorage,
  expired,
  requireBucket,
  type StorageDiagnosis,
  type StorageTopic,
} from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import type { Subject } from './subject.ts';
import { within } from './within.ts';

/** What one signed request about the bucket tells: whether storage knows us, its region, how it is addressed. */
export function bucketChecks(subject: Subject): Check[] {
  const { client, bucket, config } = subject;
  let asked: Promise<StorageDiagnosis | undefined> | undefined;
  const trouble = () => {
    asked ??= requireBucket(client, bucket).then(
      () => undefined,
      (error) => diagnoseStorage(error, config),
    );
    return asked;
  };
  const unless = async (
    topics: readonly StorageTopic[],
    message: string,
    fix?: () => Promise<string>,
  ): Promise<Outcome> => {
    const found = await trouble();
    if (found === undefined || !topics.includes(found.about)) return { status: 'ok', message };
    return { status: 'wrong', message: found.problem, remedy: found.remedy, fix };
  };
  const create = async () => {
    await client.send(new CreateBucketCommand({ Bucket: bucket }), within());
    asked = undefined;
    return `Created the bucket "${bucket}"`;
  };

  return [
    { name: 'credentials', isFoundation: true, ask: () => askCredentials(subject, unless) },
    {
      name: 'region',
      isFoundation: true,
      ask: () => unless(['region'], `Signatures for ${config.region} are accepted`),
    },
    {
      name: 'path style',
      isFoundation: true,
      ask: () => unless(['addressing'], `The bucket is called by ${config.forcePathStyle ? 'path' : 'host name'}`),
    },
    {
      name: 'bucket',
      isFoundation: true,
      async ask() {
        const missing = (await trouble())?.isMissingBucket === true;
        return await unless(['bucket'], `"${bucket}" is there and can be listed`, missing ? create : undefined);
      },
    },
  ];
}

type Unless = (topics: readonly StorageTopic[], message: string) => Promise<Outcome>;

/** Credentials that are known, and last as long as links should. */
async function askCredentials({ client, options }: Subject, unless: Unless): Promise<Outcome> {
  const { accessKeyId, sessionToken, expiration } = await client.config.credentials();
  const key = `The access key that ends in ${accessKeyId.slice(-4)}`;
  if (expiration !== undefined && expiration.getTime() <= Date.now()) {
    const { problem, remedy } = expired();
    return { status: 'wrong', message: problem, remedy };
  }
  const outcome = await unless(['reach', 'clock', 'credentials', 'responses'], `${key} is known`);
  if (outcome.status !== 'ok') return outcome;
  const remedy = 'links end with them, whatever DARKSLIDE_LINK_TTL says; long links need keys that do not expire';
  if (expiration === undefined) {
    if (sessionToken === undefined) return outcome;
    return { status: 'warning', message: `${key} is known, but its session expires at an unknown time`, remedy };
  }
  const until = `until ${expiration.toISOString()}`;
  if (expiration.getTime() - Date.now() >= options.linkTtlSeconds * 1000) {
    return { status: 'ok', message: `${key} is known ${until}` };
  }
  return { status: 'warning', message: `${key} is known only ${until}, if nothing renews it`, remedy };
}
