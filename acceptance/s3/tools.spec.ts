import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  ensurePythonTools,
  ensureRclone,
  fileMd5,
  run,
  runOk,
  type TemporaryFolder,
  temporaryFolder,
  writeShoot,
} from '@darkslide/testkit';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const { endpoint, credentials } = target.s3;
const MiB = 1024 * 1024;
/** Over the 8 MiB from which `aws` and boto3 upload in parts. */
const LARGE = 21 * MiB + 7;
const LIMIT = { timeout: 600_000 };

async function shoot(folder: TemporaryFolder) {
  const path = join(folder.path, 'shoot');
  const photos = await writeShoot({ folder: path, seed: 'tools', sizes: [0, 1, 500_000, LARGE] });
  return { path, photos };
}

async function assertSame(photos: readonly { path: string; name: string }[], folder: string) {
  for (const { path, name } of photos) assert.deepEqual(await fileMd5(join(folder, name)), await fileMd5(path), name);
}

describe('S3 tools with their default settings', () => {
  it('aws: copies, syncs, lists, signs and removes [L8.1]', LIMIT, async () => {
    const { aws } = await ensurePythonTools();
    await using folder = await temporaryFolder();
    const { path, photos } = await shoot(folder);
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: endpoint,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_CA_BUNDLE: undefined,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const call = (...args: string[]) => runOk(aws, args, { env, timeoutMs: 300_000 });
    const bucket = `s3://aws-${randomUUID()}`;
    await call('s3', 'mb', bucket);
    await call('s3', 'sync', path, `${bucket}/a b/ü`);
    const listed = await call('s3', 'ls', '--recursive', bucket);
    for (const { name, size } of photos) assert.match(listed.stdout, new RegExp(`\\b${size} a b/ü/${name}`));
    assert.doesNotMatch((await call('s3', 'sync', path, `${bucket}/a b/ü`)).stdout, /upload:/, 'nothing to do again');
    const back = join(folder.path, 'back');
    await call('s3', 'cp', '--recursive', `${bucket}/a b/ü`, back);
    await assertSame(photos, back);
    const { stdout: link } = await call('s3', 'presign', `${bucket}/a b/ü/DSC_0002.NEF`);
    assert.equal((await fetch(link.trim())).status, 200);
    const piped = await runOk(aws, ['s3', 'cp', '-', `${bucket}/piped`], { env, input: 'from a pipe' });
    assert.equal(piped.code, 0);
    assert.equal((await call('s3', 'cp', `${bucket}/piped`, '-')).stdout, 'from a pipe');
    const missing = await run(aws, ['s3', 'cp', `${bucket}/nobody`, '-'], { env });
    assert.match(missing.stderr, /404|NoSuchKey/);
    await call('s3', 'rm', '--recursive', bucket);
    assert.equal((await run(aws, ['s3', 'ls', '--recursive', bucket], { env })).stdout, '');
  });

  it('rclone: copies, checks, lists and purges [L8.1]', LIMIT, async () => {
    const rclone = await ensureRclone();
    await using folder = await temporaryFolder();
    const { path, photos } = await shoot(folder);
    const env = {
      RCLONE_CONFIG: '/dev/null',
      AWS_CA_BUNDLE: undefined,
      RCLONE_CONFIG_DARK_TYPE: 's3',
      RCLONE_CONFIG_DARK_PROVIDER: 'Other',
      RCLONE_CONFIG_DARK_ENDPOINT: endpoint,
      RCLONE_CONFIG_DARK_ACCESS_KEY_ID: credentials.accessKeyId,
      RCLONE_CONFIG_DARK_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const call = (...args: string[]) => runOk(rclone, args, { env, timeoutMs: 300_000 });
    const remote = `dark:rclone-${randomUUID()}`;
    await call('mkdir', remote);
    await call('copy', path, `${remote}/a b/ü`);
    await call('check', path, `${remote}/a b/ü`);
    // In parts, which rclone does by default above 200 MiB only.
    await call('copy', '--s3-upload-cutoff', '5M', '--s3-chunk-size', '5M', path, `${remote}/parts`);
    await call('check', '--download', path, `${remote}/parts`);
    const back = join(folder.path, 'back');
    await call('copy', `${remote}/parts`, back);
    await assertSame(photos, back);
    const { stdout } = await call('lsf', '--format', 'sp', `${remote}/parts`);
    assert.deepEqual(stdout.trim().split('\n').sort(), photos.map(({ name, size }) => `${size};${name}`).sort());
    const again = await call('copy', '-v', path, `${remote}/parts`);
    assert.doesNotMatch(again.stderr, /Copied/, 'nothing to do again');
    await call('delete', remote);
    assert.equal((await call('lsf', '-R', '--files-only', remote)).stdout, '');
  });

  it('boto3: uploads, downloads, pages, signs and deletes [L8.1, L8.7]', LIMIT, async () => {
    const { python } = await ensurePythonTools();
    await using folder = await temporaryFolder();
    const { photos } = await shoot(folder);
    const script = join(import.meta.dirname, 'scripts', 'boto3_client.py');
    const [, , small, large] = photos.map((photo) => photo.path) as [string, string, string, string];
    const { accessKeyId, secretAccessKey } = credentials;
    const args = [script, endpoint, `boto3-${randomUUID()}`, accessKeyId, secretAccessKey, small, large];
    const { stdout } = await runOk(python, args, { timeoutMs: 300_000 });
    assert.deepEqual(JSON.parse(stdout), {
      small: true,
      large: true,
      'small camera': 'Z 9',
      'large camera': 'Z 9',
      CRC32: true,
      SHA1: true,
      SHA256: true,
      keys: ['CRC32', 'SHA1', 'SHA256', 'photos/large ü.NEF', 'photos/small ü.NEF'],
      link: 200,
      linked: 'linked',
      missing: 'NoSuchKey',
      once: 'PreconditionFailed',
      deleted: 6,
      left: 0,
    });
  });
});
