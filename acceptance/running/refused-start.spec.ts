import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { type Answer, Darkslide, freePorts, listen, root, s3Refusal, startPostgres } from '@darkslide/testkit';
import { startExternalStorage } from '../support/external-storage.ts';
import { olderPostgres } from '../support/older-postgres.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a start that must fail said, without the log. A wait without bound fails the spec. */
async function refusedStart(env: Environment): Promise<{ code: number | null; said: string }> {
  const server = await Darkslide.prepare({ env: { DARKSLIDE_LOG_LEVEL: 'silent', ...env } });
  try {
    const late = setTimeout(() => server.kill(), 30_000);
    const code = await server.spawn();
    clearTimeout(late);
    return { code, said: server.logs.trim() };
  } finally {
    await server.remove();
  }
}

type Refusal = { code: 1 | 2; says: RegExp };

async function assertRefused(env: Environment, { code, says }: Refusal): Promise<void> {
  const refused = await refusedStart(env);
  assert.equal(refused.code, code, refused.said);
  const [sentence = '', ...rest] = refused.said.split('\n');
  assert.match(sentence, says);
  assert.match(sentence, /^[A-Z].*: .*\.$/, 'one sentence: what is wrong, and what to do');
  assert.deepEqual(rest, ['`darkslide doctor` checks everything that the server needs.']);
  assert.doesNotMatch(sentence, /geheim/, 'no password');
}

describe('a start with a wrong value', () => {
  const WRONG: Record<string, string> = {
    DARKSLIDE_HOST: 'http://127.0.0.1',
    DARKSLIDE_PORT: '65536',
    DARKSLIDE_API_KEY: 'two words',
    DARKSLIDE_PRINT_API_KEY: 'perhaps',
    DARKSLIDE_READ_PHOTOS: 'sometimes',
    DARKSLIDE_STUDIO_NAME: 'x'.repeat(256),
    DARKSLIDE_TRUSTED_PROXIES: 'my proxy',
    DARKSLIDE_ALLOWED_ORIGINS: 'https://photos.example.com/',
    DARKSLIDE_LINK_TTL: '604801',
    DARKSLIDE_RATE_LIMIT: '0',
    DARKSLIDE_MAX_PENDING_FILES: '0',
    DARKSLIDE_MAX_UPLOAD_TOKENS: 'many',
    DARKSLIDE_MAX_OPEN_UPLOADS: '1000000001',
    DARKSLIDE_MULTIPART_IDLE_DAYS: 'a week',
    DARKSLIDE_SWEEP_INTERVAL: '0',
    DARKSLIDE_LOST_FOUND_DAYS: '0',
    DARKSLIDE_LOG_LEVEL: 'loud',
    DARKSLIDE_METRICS_PORT: '65536',
    DARKSLIDE_METRICS_TOKEN: 'too short',
    DARKSLIDE_PUBLIC_STORE_URL: 'photos.example.com',
    DARKSLIDE_S3_ENDPOINT: 'photos.example.com',
    DARKSLIDE_S3_BUCKET: 'my photos',
    DARKSLIDE_S3_REGION: 'eu west',
    DARKSLIDE_S3_FORCE_PATH_STYLE: 'perhaps',
    DARKSLIDE_S3_SIGN_CONTENT_TYPE: 'maybe',
    DATABASE_URL: 'postgres://me:geheim@:port/photos',
  };
  const OF_THE_STORE: Record<string, string> = {
    DARKSLIDE_STORE_PORT: '-1',
    DARKSLIDE_STORE_SCRUB_DAYS: '-1',
    DARKSLIDE_STORE_ACCESS_KEY: 'two words',
    DARKSLIDE_STORE_SECRET_KEY: 'zwei Wörter',
  };

  it('names each variable that is wrong, and what it takes [L9.8]', async () => {
    for (const env of [WRONG, OF_THE_STORE]) {
      const { code, said } = await refusedStart(env);
      assert.equal(code, 2);
      const lines = said.split('\n');
      assert.deepEqual(lines.map((line) => /^(\w+)/.exec(line)?.[1]).sort(), Object.keys(env).sort(), said);
      assert.doesNotMatch(said, /geheim/, 'no password');
    }
  });

  it('refuses secrets that can be guessed, and says how to make one [L9.8]', async () => {
    const env = { DARKSLIDE_API_KEY: 'geheim'.padEnd(31, 'x'), DARKSLIDE_STORE_SECRET_KEY: 'geheim' };
    const { code, said } = await refusedStart(env);
    assert.equal(code, 2);
    assert.deepEqual(
      said.split('\n').map((line) => /^(\w+) has fewer than 32 characters.*`openssl rand -hex 32`\.$/.exec(line)?.[1]),
      Object.keys(env),
    );
    assert.doesNotMatch(said, /geheim/);
  });

  it('is tried with every variable of the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const rows = readme.split('\n').filter((line) => /^\| `(DARKSLIDE|DATABASE)_/.test(line));
    const variables = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/[A-Z][A-Z0-9_]+/g) ?? []);
    const tried = { ...WRONG, ...OF_THE_STORE, DARKSLIDE_DATA_DIR: 'tried below' };
    assert.deepEqual(
      variables.filter((name) => !(name in tried)),
      [],
    );
  });
});

describe('a start whose data folder', () => {
  it('can not be written is refused [L9.14]', async () => {
    const env = { DARKSLIDE_DATA_DIR: join(import.meta.filename, 'below-a-file') };
    await assertRefused(env, {
      code: 2,
      says: /^The data folder .*below-a-file cannot be used, as a file with that name exists/,
    });
  });

  it('is in use by another server is refused, also where it holds the database alone [L9.14]', async () => {
    const storage = await startExternalStorage();
    for (const env of [{}, storage.env]) {
      const [port] = await freePorts(1);
      const first = await Darkslide.start({ env });
      try {
        const second = { ...env, DARKSLIDE_DATA_DIR: first.dataDir, DARKSLIDE_PORT: String(port) };
        await assertRefused(second, { code: 1, says: /^The data folder .* is in use by another darkslide: / });
      } finally {
        await first.remove();
      }
    }
  });

  it('holds a damaged database, or one of a newer version, is refused, and left as it was [L9.14]', async () => {
    const server = await Darkslide.start();
    const file = join(server.dataDir, 'darkslide.db');
    const env = { DARKSLIDE_DATA_DIR: server.dataDir };
    try {
      await server.stop();
      const database = new DatabaseSync(file);
      database.exec(`insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01T00:00:00.000Z')`);
      database.close();
      await assertRefused(env, { code: 2, says: /^The database .* was written by a newer version of darkslide: / });
      await writeFile(file, 'not a database'.repeat(1000));
      await assertRefused(env, { code: 1, says: /^The database .* is not a SQLite database: / });
      assert.match(readFileSync(file, 'utf8'), /^not a database/);
    } finally {
      await server.remove();
    }
  });
});

describe('a start whose address', () => {
  it('is taken, or none of this machine, is refused [L9.14]', async () => {
    const other = createServer();
    const port = String(await listen(other));
    const taken = (part: string) =>
      ({ code: 1, says: new RegExp(`^The ${part} can't listen on .*:${port}, as`) }) as const;
    try {
      await assertRefused({ DARKSLIDE_PORT: port }, taken('API'));
      await assertRefused({ DARKSLIDE_STORE_PORT: port }, taken('store'));
      const host = { DARKSLIDE_HOST: '203.0.113.1' };
      await assertRefused(host, { code: 2, says: /can't listen on 203\.0\.113\.1:\d+, as this machine has no/ });
    } finally {
      other.close();
    }
  });
});

describe('a start whose storage', async () => {
  const storage = await startExternalStorage();
  const refuse = (env: Environment, refusal: Refusal) => assertRefused({ ...storage.env, ...env }, refusal);

  it('does not let it in is refused [L9.14]', async () => {
    await refuse({ AWS_ACCESS_KEY_ID: 'NOBODY' }, { code: 2, says: /does not know the access key: check AWS_ACCESS/ });
    await refuse(
      { AWS_SECRET_ACCESS_KEY: 'geheim' },
      { code: 2, says: /does not accept the secret key: check AWS_SEC/ },
    );
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    await refuse(none, { code: 2, says: /^There are no credentials for the storage: set AWS_ACCESS_KEY_ID/ });
    const expired = { AWS_SESSION_TOKEN: 'session', AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' };
    await refuse(expired, { code: 2, says: /^The session credentials for the storage have expired: / });
  });

  it('is another than it was told is refused [L9.14]', async () => {
    await refuse(
      { DARKSLIDE_S3_BUCKET: 'nothing-here' },
      { code: 2, says: /has no bucket "nothing-here": .*doctor --fix/ },
    );
    await refuse(
      { DARKSLIDE_S3_REGION: 'eu-west-1' },
      { code: 2, says: /region eu-west-1: set DARKSLIDE_S3_REGION=us-east-1/ },
    );
    const web = await Darkslide.start();
    const refusal = { code: 2, says: /is not an S3 storage: check DARKSLIDE_S3_ENDPOINT/ } as const;
    await refuse({ DARKSLIDE_S3_ENDPOINT: web.apiUrl }, refusal).finally(() => web.remove());
  });

  const answers: [Answer, Refusal][] = [
    [s3Refusal(403, 'RequestTimeTooSkewed'), { code: 1, says: /clock .*: set both clocks by NTP/ }],
    [s3Refusal(400, 'ExpiredToken'), { code: 2, says: /session credentials .* have expired/ }],
    [
      s3Refusal(403, 'AccessDenied'),
      { code: 2, says: /denies these credentials .*: let its policy allow .*s3:PutObject/ },
    ],
    [s3Refusal(503, 'SlowDown'), { code: 1, says: /responds with 503 SlowDown: / }],
  ];
  it('refuses what it is asked is refused, with the reason [L9.14]', async () => {
    for (const [answer, refusal] of answers) {
      storage.proxy.inject({ fault: { kind: 'answer', answer } });
      await refuse({}, refusal);
      storage.proxy.heal();
    }
  });

  it('takes listings but no upload is refused [L9.14]', async () => {
    const isPut = ({ method }: { method: string }) => method === 'PUT';
    storage.proxy.inject({ match: isPut, fault: { kind: 'answer', answer: s3Refusal(403, 'AccessDenied') } });
    await refuse({}, { code: 2, says: /denies these credentials the bucket/ });
    storage.proxy.heal();
  });

  it('can not be reached is refused in bounded time [L9.14]', async () => {
    const silent = createServer();
    const port = await listen(silent);
    const at = (endpoint: string) => ({ DARKSLIDE_S3_ENDPOINT: endpoint });
    try {
      await Promise.all([
        refuse(at('http://127.0.0.1:1'), { code: 1, says: /refuses connections: .*DARKSLIDE_S3_ENDPOINT/ }),
        refuse(at('http://nowhere.invalid'), { code: 1, says: /host name .*DARKSLIDE_S3_ENDPOINT/ }),
        refuse(at(storage.proxy.url.replace('http:', 'https:')), { code: 1, says: /does not speak TLS/ }),
        refuse(at(`http://127.0.0.1:${port}`), { code: 1, says: /does not respond in time/ }),
      ]);
    } finally {
      silent.close();
    }
  });
});

describe('a start whose PostgreSQL', async () => {
  const postgres = await startPostgres({ password: 'geheim' });
  after(() => postgres.remove());
  const refuse = (url: string, refusal: Refusal) => assertRefused({ DATABASE_URL: url }, refusal);

  it('does not let it in is refused [L9.14]', async () => {
    await refuse(postgres.url.replace('geheim', 'geheimer'), { code: 2, says: /does not accept the password: / });
    await refuse(postgres.url.replace(/postgres$/, 'none'), { code: 2, says: /\/none does not exist: / });
    const readOnly = `${postgres.url}?options=-c%20default_transaction_read_only%3Don`;
    await refuse(readOnly, { code: 1, says: /can only be read: let DATABASE_URL name the primary/ });
  });

  it('is too old is refused [L9.14]', async () => {
    const older = await olderPostgres(postgres.url);
    try {
      await refuse(older.url, { code: 2, says: /runs on PostgreSQL 9\.6: darkslide needs \d+ or newer/ });
    } finally {
      await older.close();
    }
  });

  it('can not be reached is refused in bounded time [L9.14]', async () => {
    const silent = createServer();
    const port = await listen(silent);
    try {
      await Promise.all([
        refuse('postgres://me:geheim@127.0.0.1:1/x', { code: 1, says: /refuses connections: .*DATABASE_URL/ }),
        refuse(`postgres://me:geheim@127.0.0.1:${port}/x`, { code: 1, says: /does not respond in time/ }),
        refuse('postgres://me:geheim@nowhere.invalid/x', { code: 1, says: /host name/ }),
      ]);
    } finally {
      silent.close();
    }
  });
});
