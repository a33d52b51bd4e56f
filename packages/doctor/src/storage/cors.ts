import { type CORSRule, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import { EMPTY_TYPE, type Exchanged, exchange, s3Code } from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import type { Subject } from './subject.ts';
import { whereClientsAre } from './where-clients-are.ts';
import { within } from './within.ts';

/** Asked for where no page is named: storage that lets this one in lets every page in. */
const SOME_ORIGIN = 'https://some-page.example';

/** Seconds for which browsers may remember what they were allowed. */
const MAX_AGE_SECONDS = 3600;

/** Whether a page in a browser may upload by link, and read the ETag of the response. */
export function corsChecks(subject: Subject): Check[] {
  return [{ name: 'cors', ask: () => whereClientsAre(subject, () => ask(subject)) }];
}

async function ask(subject: Subject): Promise<Outcome> {
  const { origin } = subject.options;
  const missing = await missingFor(subject, origin ?? SOME_ORIGIN);
  if (missing === undefined) return { status: 'ok', message: `${origin ?? 'Any page'} may upload, and read the ETag` };
  if (origin !== undefined) {
    const remedy = `add a CORS rule for ${origin} to the bucket, as \`--fix\` does`;
    return { status: 'wrong', message: `Pages of ${origin} ${missing}`, remedy, fix: () => allow(subject, origin) };
  }
  return {
    status: 'warning',
    message: `Pages of other sites ${missing}`,
    remedy: 'if browsers upload, name their page with --origin, and add --fix for a rule',
  };
}

/** What a browser on that page could not do; undefined where it can do all. */
async function missingFor(subject: Subject, origin: string): Promise<string | undefined> {
  const link = (await subject.clientLinks()).put(subject.sandbox.key('cors.NEF'));
  const preflight = await exchange(link, {
    method: 'OPTIONS',
    // What a browser asks before it sends a file with its digest.
    headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-md5' },
  });
  const allowed = headerWords(preflight, 'access-control-allow-methods');
  if (!isAllowed(preflight, origin) || !(allowed.includes('put') || allowed.includes('*'))) return 'may not upload';
  const response = await exchange(link, {
    method: 'PUT',
    headers: { ...EMPTY_TYPE, origin },
    body: Buffer.from('cors'),
  });
  if (!isAllowed(response, origin)) return 'may not read the response to an upload';
  const exposed = headerWords(response, 'access-control-expose-headers');
  return exposed.includes('etag') || exposed.includes('*') ? undefined : 'may not read the ETag of an upload';
}

function isAllowed({ headers, status }: Exchanged, origin: string): boolean {
  const allowed = headers['access-control-allow-origin'];
  return status < 300 && (allowed === '*' || allowed === origin);
}

function headerWords({ headers }: Exchanged, name: string): string[] {
  const text = headers[name];
  return typeof text === 'string' ? text.toLowerCase().split(/\s*,\s*/) : [];
}

/** Adds one rule after those that the bucket has. */
async function allow({ client, bucket }: Subject, origin: string): Promise<string> {
  const rule: CORSRule = {
    ID: `darkslide ${origin}`,
    AllowedOrigins: [origin],
    AllowedMethods: ['PUT', 'GET', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: MAX_AGE_SECONDS,
  };
  const kept = await currentRules({ client, bucket });
  const others = kept.filter(({ ID }) => ID !== rule.ID);
  const CORSConfiguration = { CORSRules: [rule, ...others] };
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }), within());
  return `Added a CORS rule for ${origin}, and kept the ${others.length} that were there`;
}

async function currentRules({ client, bucket }: Pick<Subject, 'client' | 'bucket'>): Promise<CORSRule[]> {
  try {
    const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket: bucket }), within());
    return CORSRules;
  } catch (error) {
    if (s3Code(error) === 'NoSuchCORSConfiguration') return [];
    throw error;
  }
}
