import assert from 'node:assert/strict';
import { ListMultipartUploadsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { Darkslide } from '@darkslide/testkit';

type Environment = Readonly<Record<string, string | undefined>>;

export type Finding = { area: string; check: string; status: string; message: string; fixable: boolean };

export type Diagnosis = {
  code: number | null;
  findings: Finding[];
  /** The one finding of a check. */
  about(check: string): Finding;
};

/** What `darkslide doctor` says with the configuration of a server, which may run or not. */
export async function askDoctor(server: Darkslide, args: readonly string[] = [], env: Environment = {}) {
  const { code, stdout, stderr } = await server.command(['doctor', '--json', ...args], { env, timeoutMs: 120_000 });
  assert.equal(stderr, '');
  const lines = stdout.trim().split('\n');
  const [summary, ...findings] = lines.map((line) => JSON.parse(line)).reverse();
  assert.equal(summary.type, 'summary', stdout);
  assert.equal(summary.ok, code === 0, stdout);
  const about = (check: string): Finding => {
    const found = findings.filter((finding) => finding.check === check);
    assert.equal(found.length, 1, `${check} in ${stdout}`);
    return found[0];
  };
  return { code, findings, about } as Diagnosis;
}

export type Expected = { code: 0 | 1; check: string; status: string; says: RegExp };

/** That one check found what is wrong, and only those that depend on it were not made. */
export function assertFound({ code, findings, about }: Diagnosis, expected: Expected): void {
  const { status, message } = about(expected.check);
  assert.equal(status, expected.status, message);
  assert.match(message, expected.says);
  const others = findings.filter(({ check }) => check !== expected.check);
  assert.deepEqual(
    others.filter((finding) => finding.status === 'wrong'),
    [],
    'nothing else is wrong',
  );
  assert.equal(code, expected.code);
}

/** Of a bucket: what the doctor must not leave behind. */
export async function leftIn(client: S3Client, Bucket: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: '.darkslide/' }));
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  return [...Contents, ...Uploads].map(({ Key = '' }) => Key);
}
