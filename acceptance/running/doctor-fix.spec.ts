import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import {
  type CORSRule,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Darkslide } from '@darkslide/testkit';
import { askDoctor, leftIn } from '../support/doctor.ts';
import { startExternalStorage } from '../support/external-storage.ts';

const storage = await startExternalStorage();
const { endpoint, region, bucket: Bucket, credentials } = storage.s3;
const client = new S3Client({ endpoint, region, credentials: { ...credentials }, forcePathStyle: true });
const server = await Darkslide.prepare({ env: storage.env });
after(async () => {
  client.destroy();
  await server.remove();
});

const ORIGIN = 'https://photos.example.com';

describe('darkslide doctor --fix', () => {
  it('lets a page upload, and keeps the rules that the bucket has [L9.20]', async () => {
    const old: CORSRule = { ID: 'old', AllowedOrigins: ['https://old.example.com'], AllowedMethods: ['GET'] };
    await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [old] } }));
    const ask = async (...args: string[]) => (await askDoctor(server, ['--origin', ORIGIN, ...args])).about('cors');
    assert.equal((await ask()).status, 'wrong');
    const { status, message } = await ask('--fix');
    assert.equal(status, 'fixed', message);
    assert.equal((await ask('--fix')).status, 'ok', 'nothing is left to fix');
    const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket }));
    assert.deepEqual(
      CORSRules.flatMap(({ AllowedOrigins }) => AllowedOrigins).sort(),
      ['https://old.example.com', ORIGIN].sort(),
    );
  });

  it('adds a rule for incomplete uploads, where storage has such rules, and keeps the others [L9.20]', async (t) => {
    if (!(await putOldRule())) return t.skip('this storage has no lifecycle rules');
    assert.equal((await askDoctor(server)).about('lifecycle').status, 'warning');
    const { status, message } = (await askDoctor(server, ['--fix'])).about('lifecycle');
    assert.equal(status, 'fixed', message);
    assert.equal((await askDoctor(server, ['--fix'])).about('lifecycle').status, 'ok');
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    assert.equal(Rules.length, 2);
    assert.ok(Rules.some(({ ID }) => ID === 'old'));
    assert.ok(Rules.some((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === 14));
  });

  it('leaves nothing behind [L9.20]', async () => {
    await askDoctor(server, ['--fix', '--origin', ORIGIN]);
    assert.deepEqual(await leftIn(client, Bucket), []);
  });
});

/** Whether the storage took it. */
async function putOldRule(): Promise<boolean> {
  const rule = { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } } as const;
  try {
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    );
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'NotImplemented') return false;
    throw error;
  }
}
