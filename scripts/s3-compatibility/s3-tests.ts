import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureS3TestsPython, run } from '@darkslide/testkit';
import { ROOT } from '../run.ts';
import type { LeftOut, Result } from './table.ts';

const FILES = ['s3tests/functional/test_s3.py', 's3tests/functional/test_headers.py'];
const TIMEOUT_MS = 60 * 60_000;

export type Store = { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } };

/** Runs ceph's tests from a checkout, all but those that are left out by name. */
export async function runS3Tests(
  folder: string,
  { leftOut, ...store }: Store & { leftOut: readonly LeftOut[] },
): Promise<Result[]> {
  const python = await ensureS3TestsPython();
  const scratch = await mkdtemp(join(tmpdir(), 'darkslide-s3-tests-'));
  const report = join(scratch, 'report.xml');
  const config = join(scratch, 's3tests.conf');
  try {
    await writeFile(config, configuration(store));
    const tests = (await Promise.all(FILES.map((file) => testsOf(folder, file)))).flat();
    const unwanted = leftOut.map(({ names }) => new RegExp(names));
    const wanted = tests.filter(({ name }) => !unwanted.some((pattern) => pattern.test(name)));
    const ids = wanted.map(({ file, name }) => `${file}::${name}`);
    const plugins = ['-p', 'no:cacheprovider', '-p', 's3_tests_plugin'];
    const ran = await run(python, ['-m', 'pytest', '-q', ...plugins, '--tb=line', `--junitxml=${report}`, ...ids], {
      cwd: folder,
      env: {
        S3TEST_CONF: config,
        PYTHONPATH: join(ROOT, 'acceptance', 's3', 'scripts'),
        PYTHONDONTWRITEBYTECODE: '1',
        AWS_DEFAULT_REGION: 'us-east-1',
      },
      timeoutMs: TIMEOUT_MS,
    });
    // 0: all pass, 1: some fail; anything else means that they did not run.
    if (ran.code !== 0 && ran.code !== 1) throw new Error(`pytest ended with ${ran.code}: ${ran.stdout.slice(-2000)}`);
    return readReport(await readFile(report, 'utf8'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function testsOf(folder: string, file: string): Promise<{ file: string; name: string }[]> {
  const source = await readFile(join(folder, file), 'utf8');
  return [...source.matchAll(/^def (test_\w+)\(/gm)].map(([, name = '']) => ({ file, name }));
}

/** The store has one account: it stands for all that the tests name. */
function configuration({ endpoint, credentials }: Store): string {
  const { hostname, port } = new URL(endpoint);
  const account = [
    `access_key = ${credentials.accessKeyId}`,
    `secret_key = ${credentials.secretAccessKey}`,
    ...['user_id = darkslide', 'display_name = darkslide', 'email = nobody@example.com', 'tenant = none'],
  ];
  const sections = ['s3 main', 's3 alt', 's3 tenant', 'iam', 'iam root', 'iam alt root'];
  return [
    ...['[DEFAULT]', `host = ${hostname}`, `port = ${port}`, 'is_secure = False', 'ssl_verify = False'],
    ...['[fixtures]', 'bucket prefix = compatibility-{random}-'],
    ...sections.flatMap((section) => [`[${section}]`, ...account]),
  ].join('\n');
}

/** Of JUnit's XML. A test that skips itself does not count. */
function readReport(xml: string): Result[] {
  return xml
    .split('<testcase ')
    .slice(1)
    .filter((entry) => !entry.includes('<skipped'))
    .map((entry) => {
      const [, test = ''] = /\bname="([^"]*)"/.exec(entry) ?? [];
      const [, said] = /<(?:failure|error) message="([^"]{0,300})/.exec(entry) ?? [];
      return { test, passes: said === undefined, said: said ?? '' };
    });
}
