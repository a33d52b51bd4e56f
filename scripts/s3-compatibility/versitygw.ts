import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { run, runOk } from '@darkslide/testkit';
import type { Store } from './s3-tests.ts';
import type { LeftOut, Result } from './table.ts';

const GROUPS = [
  ...['PresignedAuthentication', 'CreateMultipartUpload', 'UploadPart', 'UploadPartCopy', 'ListParts'],
  ...['ListMultipartUploads', 'AbortMultipartUpload', 'CompleteMultipartUpload'],
];
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** Builds versitygw from a checkout and runs its tests of links and multipart, each by its own command. */
export async function runVersitygw(
  folder: string,
  { endpoint, credentials, leftOut }: Store & { leftOut: readonly LeftOut[] },
): Promise<Result[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'darkslide-versitygw-'));
  const program = join(scratch, 'versitygw');
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  try {
    await runOk('go', ['build', '-o', program, './cmd/versitygw'], { cwd: folder, timeoutMs: BUILD_TIMEOUT_MS });
    const unwanted = leftOut.map(({ names }) => new RegExp(names));
    const results: Result[] = [];
    for (const test of await testsOf(folder)) {
      if (unwanted.some((pattern) => pattern.test(test))) continue;
      const account = ['-a', credentials.accessKeyId, '-s', credentials.secretAccessKey, '-e', endpoint];
      const { code, stdout, stderr } = await run(program, ['--region', 'us-east-1', 'test', ...account, test], {
        // The program's client does not take it.
        env: { AWS_CA_BUNDLE: undefined },
      });
      // Written, but not among the program's commands.
      if (`${stdout}${stderr}`.includes('No help topic')) continue;
      const said = [...`${stdout}${stderr}`.matchAll(/FAIL\s(.*)/g)].map(([, text = '']) => text.slice(0, 300));
      results.push({ test, passes: code === 0 && said.length === 0, said: said[0] ?? stderr.slice(-300) });
      // Each run counts its buckets anew, and one that failed leaves its own behind.
      if (said.length > 0 || code !== 0) await emptyStore(s3);
    }
    return results;
  } finally {
    s3.destroy();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function testsOf(folder: string): Promise<string[]> {
  const source = await readFile(join(folder, 'tests', 'integration', 'group-tests.go'), 'utf8');
  return GROUPS.flatMap((group) => {
    const [, body = ''] = new RegExp(`^func Test${group}\\([\\s\\S]*?\\{([\\s\\S]*?)^\\}`, 'm').exec(source) ?? [];
    return [...body.matchAll(/ts\.Run\((\w+)\)/g)].map(([, test = '']) => test);
  });
}

async function emptyStore(s3: S3Client): Promise<void> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  for (const { Name: Bucket } of Buckets) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
  }
}
