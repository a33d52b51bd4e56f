import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError, type Environment, readConfiguration } from './configuration.ts';

/** What `serve` prints for a wrong environment: one line per problem. */
function problems(env: Environment): string[] {
  try {
    readConfiguration(env);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message.split('\n');
  }
  return [];
}

test('without any variable, everything is embedded and on loopback', () => {
  const configuration = readConfiguration({});
  assert.equal(configuration.host, '127.0.0.1');
  assert.equal(configuration.port, 8080);
  assert.deepEqual(configuration.storage, { kind: 'embedded', port: 9000, credentials: undefined, scrubDays: 30 });
  assert.equal(configuration.database.kind, 'sqlite');
  assert.equal(configuration.linkTtlSeconds, 86_400);
});

test('an empty variable counts as unset', () => {
  assert.deepEqual(
    readConfiguration({ DARKSLIDE_PORT: '', DATABASE_URL: '', DARKSLIDE_S3_BUCKET: '' }),
    readConfiguration({}),
  );
});

test('a bucket without an endpoint is on Amazon S3; an endpoint means path style', () => {
  const amazon = readConfiguration({ DARKSLIDE_S3_BUCKET: 'photos', AWS_REGION: 'eu-west-1' });
  assert.deepEqual(amazon.storage, { kind: 's3', endpoint: undefined, bucket: 'photos', forcePathStyle: false });
  assert.equal(amazon.region, 'eu-west-1');
  const ceph = readConfiguration({ DARKSLIDE_S3_BUCKET: 'photos', DARKSLIDE_S3_ENDPOINT: 'http://127.0.0.1:7480' });
  assert.equal(ceph.storage.kind === 's3' && ceph.storage.forcePathStyle, true);
});

for (const [name, min, max] of [
  ['DARKSLIDE_PORT', 0, 65_535],
  ['DARKSLIDE_LINK_TTL', 1, 604_800],
  ['DARKSLIDE_SWEEP_INTERVAL', 1, 86_400],
] as const) {
  test(`${name} is an integer from ${min} to ${max}`, () => {
    for (const value of [min, max]) assert.deepEqual(problems({ [name]: String(value) }), []);
    for (const value of [min - 1, max + 1, 1.5, '1e3', ' 7', 'x']) {
      assert.match(problems({ [name]: String(value) })[0] ?? '', new RegExp(`${name}=.*integer from ${min} to ${max}`));
    }
  });
}

test('a secret has at least 32 characters', () => {
  const store = { DARKSLIDE_STORE_ACCESS_KEY: 'ME' };
  for (const [name, beside] of [
    ['DARKSLIDE_API_KEY', {}],
    ['DARKSLIDE_STORE_SECRET_KEY', store],
  ] as const) {
    for (const length of [32, 33]) assert.deepEqual(problems({ ...beside, [name]: 'x'.repeat(length) }), []);
    for (const length of [1, 31]) {
      const [said = '', ...more] = problems({ ...beside, [name]: 'x'.repeat(length) });
      assert.match(said, new RegExp(`^${name} has fewer than 32 characters.*openssl rand -hex 32`));
      assert.ok(!said.includes('xxx') && more.length === 0, 'one sentence, without the secret');
    }
  }
});

test('DARKSLIDE_MULTIPART_IDLE_DAYS may be a fraction', () => {
  assert.equal(readConfiguration({ DARKSLIDE_MULTIPART_IDLE_DAYS: '0.5' }).multipartIdleDays, 0.5);
  for (const value of ['0', '366', '1e3', '-1', '.5', 'x']) {
    assert.match(problems({ DARKSLIDE_MULTIPART_IDLE_DAYS: value })[0] ?? '', /number from 0\.0001 to 365/);
  }
});

test('all wrong variables are named at once', () => {
  const said = problems({
    DARKSLIDE_PORT: 'eighty',
    DARKSLIDE_S3_ENDPOINT: 'ftp://x',
    DARKSLIDE_S3_SIGN_CONTENT_TYPE: 'maybe',
    DARKSLIDE_STORE_ACCESS_KEY: 'only one of two',
    DARKSLIDE_HOST: '0.0.0.0',
  });
  for (const name of ['PORT', 'S3_ENDPOINT', 'S3_SIGN_CONTENT_TYPE', 'STORE_SECRET_KEY', 'PUBLIC_STORE_URL']) {
    assert.ok(
      said.some((line) => line.includes(`DARKSLIDE_${name}`)),
      `${name} in ${said.join(' | ')}`,
    );
  }
});

test('the public URL of the embedded store has no path; that of another storage may have one', () => {
  const withPath = { DARKSLIDE_PUBLIC_STORE_URL: 'https://photos.example.com/store' };
  assert.match(problems(withPath).join(), /DARKSLIDE_PUBLIC_STORE_URL has a path/);
  assert.deepEqual(problems({ DARKSLIDE_PUBLIC_STORE_URL: 'https://photos.example.com/' }), []);
  assert.deepEqual(problems({ ...withPath, DARKSLIDE_S3_BUCKET: 'photos' }), []);
});

test('a wrong URL is never repeated: it may contain a password', () => {
  assert.doesNotMatch(problems({ DATABASE_URL: 'mysql://me:secret@db/x' }).join(), /secret/);
});
