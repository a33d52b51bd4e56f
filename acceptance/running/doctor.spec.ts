import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { DeleteBucketCorsCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  Darkslide,
  type Fault,
  listen,
  type ProxiedRequest,
  type S3Access,
  s3Refusal,
  startPostgres,
} from '@darkslide/testkit';
import { askDoctor, assertFound, type Expected, leftIn } from '../support/doctor.ts';
import { startExternalStorage } from '../support/external-storage.ts';

function clientOf({ endpoint, region, credentials }: S3Access): S3Client {
  const client = new S3Client({ endpoint, region, credentials: { ...credentials }, forcePathStyle: true });
  after(() => client.destroy());
  return client;
}

/** A server that is configured, but does not run. */
async function prepare(env: Record<string, string | undefined> = {}): Promise<Darkslide> {
  const server = await Darkslide.prepare({ env });
  after(() => server.remove());
  return server;
}

describe('darkslide doctor, with everything embedded', () => {
  it('finds nothing wrong before, beside and after a server, and leaves nothing behind [L9.20]', async () => {
    const server = await prepare();
    const healthy = async () => {
      const { code, findings } = await askDoctor(server);
      assert.deepEqual(
        findings.filter(({ status }) => status !== 'ok'),
        [],
      );
      assert.equal(code, 0);
    };
    await healthy();
    assert.deepEqual(await readdir(server.dataDir), []);
    await server.start();
    await healthy();
    assert.deepEqual(await leftIn(clientOf(server.s3), server.s3.bucket), []);
    await server.stop();
    await healthy();
  });

  it('prints a line a check, and says how it was called wrongly [L9.20]', async () => {
    const server = await prepare();
    const { code, stdout } = await server.command(['doctor']);
    assert.equal(code, 0);
    assert.ok(!stdout.includes('\x1b'), 'no colour but on a terminal');
    const lines = stdout.trimEnd().split('\n');
    const checks = lines.filter((line) => line.startsWith('  '));
    assert.ok(checks.length > 15, stdout);
    for (const line of checks) assert.match(line, /^ {2}ok {7}[A-Za-z-]+( [a-z]+)? +\S.*\.$/);
    assert.equal(lines.at(-1), 'Nothing is wrong.');
    for (const args of [['--repair'], ['--origin', 'photos'], ['now']]) {
      assert.equal((await server.command(['doctor', ...args])).code, 2, args.join(' '));
    }
    assert.equal((await server.command(['doctor'], { env: { DARKSLIDE_PORT: 'http' } })).code, 2);
    assert.equal((await server.command(['doctor', '--help'])).code, 0);
  });

  it('tells a port of another program from that of a server [L9.20]', async () => {
    const other = createServer();
    const server = await prepare({ DARKSLIDE_PORT: String(await listen(other)) });
    try {
      const expected = {
        code: 1,
        check: 'API port',
        status: 'wrong',
        says: /another program listens there: /,
      } as const;
      assertFound(await askDoctor(server), expected);
    } finally {
      other.close();
    }
  });
});

const everything = () => true;
/** The question whether anything answers; the SDK would correct its own clock by later ones. */
const isFirst = ({ path }: ProxiedRequest) => path === '/';
const isPut = ({ method }: ProxiedRequest) => method === 'PUT';
const isComplete = ({ method, query }: ProxiedRequest) => method === 'POST' && query.has('uploadId');

describe('darkslide doctor, with a storage of its own', async () => {
  const storage = await startExternalStorage();
  const client = clientOf(storage.s3);
  const { bucket } = storage.s3;
  const server = await prepare(storage.env);
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);

  const settings: [string, Record<string, string>, Expected][] = [
    ...[
      ['AWS_ACCESS_KEY_ID', 'NOBODY', /does not know the access key: /] as const,
      ['AWS_SECRET_ACCESS_KEY', 'wrong', /does not accept the secret key: /] as const,
    ].map(([name, value, says]): [string, Record<string, string>, Expected] => [
      `a wrong ${name}`,
      { [name]: value },
      { code: 1, check: 'credentials', status: 'wrong', says },
    ]),
    [
      'a missing bucket',
      { DARKSLIDE_S3_BUCKET: 'not-there' },
      { code: 1, check: 'bucket', status: 'wrong', says: /has no bucket "not-there": .*--fix/ },
    ],
    [
      'another region',
      { DARKSLIDE_S3_REGION: 'eu-west-1' },
      { code: 1, check: 'region', status: 'wrong', says: /set DARKSLIDE_S3_REGION=us-east-1/ },
    ],
    [
      'a dead port',
      { DARKSLIDE_S3_ENDPOINT: 'http://127.0.0.1:1' },
      { code: 1, check: 'reach', status: 'wrong', says: /refuses connections: / },
    ],
    [
      'a host that does not exist',
      { DARKSLIDE_S3_ENDPOINT: 'http://nowhere.invalid' },
      { code: 1, check: 'reach', status: 'wrong', says: /host name/ },
    ],
    [
      'a server that speaks no TLS',
      { DARKSLIDE_S3_ENDPOINT: storage.proxy.url.replace('http', 'https') },
      { code: 1, check: 'reach', status: 'wrong', says: /does not speak TLS/ },
    ],
    [
      'credentials that have expired',
      { AWS_SESSION_TOKEN: 'session', AWS_CREDENTIAL_EXPIRATION: inHours(-1).toISOString() },
      { code: 1, check: 'credentials', status: 'wrong', says: /have expired: / },
    ],
    [
      'credentials that expire before links should',
      { AWS_SESSION_TOKEN: '', AWS_CREDENTIAL_EXPIRATION: inHours(1).toISOString() },
      { code: 0, check: 'credentials', status: 'warning', says: /links end with them/ },
    ],
    [
      'a place for clients that this machine does not reach',
      { DARKSLIDE_PUBLIC_STORE_URL: 'http://127.0.0.1:1' },
      { code: 0, check: 'clients', status: 'warning', says: /DARKSLIDE_PUBLIC_STORE_URL/ },
    ],
  ];
  for (const [what, env, expected] of settings) {
    it(`finds ${what}`, async () => assertFound(await askDoctor(server, [], env), expected));
  }

  const faults: [string, { match: (request: ProxiedRequest) => boolean; fault: Fault }, Expected][] = [
    [
      'a storage that answers 503',
      { match: everything, fault: { kind: 'answer', answer: s3Refusal(503, 'SlowDown') } },
      { code: 1, check: 'credentials', status: 'wrong', says: /responds with 503 SlowDown/ },
    ],
    [
      'a clock that is an hour off',
      { match: isFirst, fault: { kind: 'rewrite-header', name: 'Date', value: inHours(1).toUTCString() } },
      { code: 1, check: 'clock', status: 'wrong', says: /is \d+ min behind .*: set both clocks by NTP/ },
    ],
    [
      'a clock that is minutes off',
      { match: isFirst, fault: { kind: 'rewrite-header', name: 'Date', value: inHours(-0.1).toUTCString() } },
      { code: 0, check: 'clock', status: 'warning', says: /is \d+ min ahead of / },
    ],
    [
      'a policy that forbids uploads',
      { match: isPut, fault: { kind: 'answer', answer: s3Refusal(403, 'AccessDenied') } },
      { code: 1, check: 'links', status: 'wrong', says: /let its policy allow .*s3:PutObject/ },
    ],
    [
      'ETags that are not MD5s',
      { match: isPut, fault: { kind: 'rewrite-header', name: 'ETag', value: '"0123456789abcdef0123456789abcdef"' } },
      { code: 0, check: 'etags', status: 'warning', says: /not MD5s/ },
    ],
    [
      'a policy that hides the lifecycle rules',
      {
        match: ({ query }) => query.has('lifecycle'),
        fault: { kind: 'answer', answer: s3Refusal(403, 'AccessDenied') },
      },
      { code: 0, check: 'lifecycle', status: 'warning', says: /may not read the lifecycle rules; / },
    ],
    [
      'a complete that fails',
      { match: isComplete, fault: { kind: 'answer', answer: s3Refusal(501, 'NotImplemented') } },
      { code: 1, check: 'multipart', status: 'wrong', says: /501 NotImplemented/ },
    ],
  ];
  for (const [what, injection, expected] of faults) {
    it(`finds ${what}, and leaves nothing behind`, async () => {
      storage.proxy.inject(injection);
      const diagnosis = await askDoctor(server).finally(() => storage.proxy.heal());
      assertFound(diagnosis, expected);
      assert.deepEqual(await leftIn(client, bucket), []);
    });
  }

  it('creates a missing bucket with --fix, and says so [L9.20]', async () => {
    const env = { DARKSLIDE_S3_BUCKET: 'made-by-the-doctor' };
    assertFound(await askDoctor(server, ['--fix'], env), {
      code: 0,
      check: 'bucket',
      status: 'fixed',
      says: /^Created the bucket "made-by-the-doctor"\./,
    });
    assert.equal((await askDoctor(server, ['--fix'], env)).about('bucket').status, 'ok');
  });

  it('finds pages that may not upload, or not read the ETag [L9.20]', async () => {
    const put = { AllowedMethods: ['PUT'], AllowedHeaders: ['*'] };
    const CORSRules = [
      { ...put, AllowedOrigins: ['https://blind.example'] },
      { ...put, AllowedOrigins: ['https://seeing.example'], ExposeHeaders: ['ETag'] },
    ];
    await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
    const of = async (...args: string[]) => (await askDoctor(server, args)).about('cors');
    const [stranger, blind, seeing, any] = [
      await of('--origin', 'https://stranger.example'),
      await of('--origin', 'https://blind.example'),
      await of('--origin', 'https://seeing.example'),
      await of(),
    ];
    await client.send(new DeleteBucketCorsCommand({ Bucket: bucket }));
    assert.deepEqual(
      [stranger, blind, seeing, any].map(({ status }) => status),
      ['wrong', 'wrong', 'ok', 'warning'],
    );
    assert.match(stranger.message, /stranger\.example may not upload: .*--fix/);
    assert.match(blind.message, /may not read the ETag/);
  });
});

describe('darkslide doctor, with PostgreSQL', async () => {
  const postgres = await startPostgres({ password: 'geheim' });
  after(() => postgres.remove());

  it('finds a wrong password, and a database that can only be read [L9.20]', async () => {
    const server = await prepare();
    const readOnly = `${postgres.url}?options=-c%20default_transaction_read_only%3Don`;
    const wrong: [string, Expected][] = [
      [
        postgres.url.replace('geheim', 'geheimer'),
        { code: 1, check: 'connection', status: 'wrong', says: /does not accept the password: / },
      ],
      [readOnly, { code: 1, check: 'writable', status: 'wrong', says: /can only be read: / }],
    ];
    for (const [url, expected] of wrong) {
      const diagnosis = await askDoctor(server, [], { DATABASE_URL: url });
      assertFound(diagnosis, expected);
      assert.ok(!JSON.stringify(diagnosis.findings).includes('geheim'), 'no password');
    }
  });

  it('finds a database that is empty, up to date, behind, or newer than the program [L9.20]', async () => {
    const server = await prepare({ DATABASE_URL: postgres.url });
    const migrations = async () => (await askDoctor(server)).about('migrations');
    assert.match((await migrations()).message, /is empty/);
    await server.start();
    assert.equal((await migrations()).status, 'ok');
    await postgres.query(`update kysely_migration set name = '9999-later' where name like '0001%'`);
    const { status, message } = await migrations();
    assert.equal(status, 'wrong');
    assert.match(message, /was written by a newer version of darkslide: /);
    await postgres.query(`delete from kysely_migration where name = '9999-later'`);
    assert.equal((await migrations()).status, 'warning');
  });
});
