import {
  GetBucketLifecycleConfigurationCommand,
  type GetBucketLifecycleConfigurationCommandOutput,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { s3Code } from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import type { Subject } from './subject.ts';
import { within } from './within.ts';

type Configuration = Partial<GetBucketLifecycleConfigurationCommandOutput>;

const RULE_ID = 'darkslide-incomplete-uploads';

/**
 * The server aborts uploads that are idle; storage counts from their start. So its rule waits longer: one that is still
 * being sent must not be cut off.
 */
const LONGER_BY_DAYS = 7;

/** Rules by which storage deletes: what is left of uploads it should, photos it should not. */
export function lifecycleChecks(subject: Subject): Check[] {
  return [{ name: 'lifecycle', ask: () => ask(subject) }];
}

async function ask(subject: Subject): Promise<Outcome> {
  const { multipartIdleDays } = subject.options;
  const sweep = `darkslide itself aborts uploads that are idle for ${multipartIdleDays} days`;
  const configuration = await current(subject);
  if (configuration === 'unsupported') return { status: 'ok', message: `The storage has no lifecycle rules; ${sweep}` };
  if (configuration === 'denied') {
    const message = `These credentials may not read the lifecycle rules; ${sweep}`;
    return {
      status: 'warning',
      message,
      remedy: 'ask with those of an administrator, or allow s3:GetLifecycleConfiguration',
    };
  }
  const rules = (configuration.Rules ?? []).filter(({ Status }) => Status === 'Enabled');
  const deleting = rules.find(deletesObjects);
  if (deleting) {
    const message = `The lifecycle rule "${deleting.ID ?? ''}" deletes files some time after they have arrived`;
    return { status: 'warning', message, remedy: 'take it out, or limit it to a prefix that holds no projects' };
  }
  const days = rules.filter(coversBucket).map((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? 0);
  const shortest = Math.min(...days.filter((each) => each > 0));
  if (shortest < multipartIdleDays) {
    const message = `A lifecycle rule aborts uploads ${shortest} days after their start, also those still being sent`;
    return { status: 'warning', message, remedy: `let it wait longer than the ${multipartIdleDays} days of darkslide` };
  }
  if (shortest < Number.POSITIVE_INFINITY) {
    return { status: 'ok', message: `Storage aborts incomplete uploads after ${shortest} days` };
  }
  return {
    status: 'warning',
    message: `No lifecycle rule aborts incomplete uploads; only ${sweep}, while it runs`,
    remedy: 'add a rule, as `--fix` does',
    fix: () => add(subject, configuration),
  };
}

async function current({ client, bucket }: Subject): Promise<Configuration | 'unsupported' | 'denied'> {
  try {
    return await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), within());
  } catch (error) {
    if (s3Code(error) === 'NoSuchLifecycleConfiguration') return {};
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 501 || status === 405) return 'unsupported';
    if (status === 403) return 'denied';
    throw error;
  }
}

const prefixOf = ({ Filter, Prefix }: LifecycleRule) => Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';

function coversBucket(rule: LifecycleRule): boolean {
  const { Tag, And, ObjectSizeGreaterThan, ObjectSizeLessThan } = rule.Filter ?? {};
  const isLimited = [Tag, And, ObjectSizeGreaterThan, ObjectSizeLessThan].some((limit) => limit !== undefined);
  return prefixOf(rule) === '' && !isLimited;
}

/** By a prefix that may be a project's, which is a uuid. */
function deletesObjects(rule: LifecycleRule): boolean {
  const { Days, Date: date } = rule.Expiration ?? {};
  return (Days !== undefined || date !== undefined) && /^[0-9a-f-]*(\/|$)/i.test(prefixOf(rule));
}

/** Adds one rule to those that the bucket has. */
async function add(
  { client, bucket, options }: Subject,
  { Rules = [], TransitionDefaultMinimumObjectSize }: Configuration,
): Promise<string> {
  const days = Math.ceil(options.multipartIdleDays) + LONGER_BY_DAYS;
  const rule: LifecycleRule = {
    ID: RULE_ID,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
  };
  const put = new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket,
    LifecycleConfiguration: { Rules: [...Rules, rule] },
    ...(TransitionDefaultMinimumObjectSize === undefined ? {} : { TransitionDefaultMinimumObjectSize }),
  });
  await client.send(put, within());
  return `Added a lifecycle rule that aborts uploads after ${days} days, and kept the ${Rules.length} that were there`;
}
