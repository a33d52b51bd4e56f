import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { Darkslide, request } from '@darkslide/testkit';
import { Api, PROFILE, putLink } from '../support/api.ts';
import { eventually } from '../support/external-storage.ts';
import { presign } from '../support/s3.ts';

/** The store makes credentials of its own. */
const OWN_CREDENTIALS = { DARKSLIDE_STORE_ACCESS_KEY: undefined, DARKSLIDE_STORE_SECRET_KEY: undefined };

/** Those words of a text that the server takes as an API key. */
async function keysIn(text: string, { apiUrl }: Darkslide): Promise<string[]> {
  const words = [...text.matchAll(/[\w-]{32,}/g)].map(([word]) => word);
  const statuses = await Promise.all(words.map((apiKey) => new Api({ apiUrl, apiKey }).get(PROFILE)));
  return words.filter((_, index) => statuses[index]?.status === 200);
}

describe('the first start', () => {
  it('without a key makes one, and prints it once where that was asked for [L9.7]', async () => {
    const server = await Darkslide.prepare({ env: { DARKSLIDE_API_KEY: undefined, DARKSLIDE_PRINT_API_KEY: 'true' } });
    try {
      await server.start();
      await eventually(async () => /API key/.test(server.logs), 'it has said what it has to say');
      const keys = await keysIn(server.logs, server);
      assert.equal(keys.length, 1, 'one word of the output is a key');
      await server.stop();
      await server.start();
      assert.deepEqual(await keysIn(server.logs, server), keys, 'still the key after a restart, and printed once');
    } finally {
      await server.remove();
    }
  });

  it('keeps its key out of a log, and says in which file it is [L9.7]', async () => {
    const server = await Darkslide.prepare({ env: { DARKSLIDE_API_KEY: undefined } });
    try {
      await server.start();
      await eventually(async () => /API key/.test(server.logs), 'it has said what it has to say');
      assert.deepEqual(await keysIn(server.logs, server), []);
      const [, file = ''] = /API key {2}in the file (.*)/.exec(server.logs) ?? [];
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal((await keysIn(await readFile(file, 'utf8'), server)).length, 1);
    } finally {
      await server.remove();
    }
  });

  it('prints both URLs [L9.7]', async () => {
    const server = await Darkslide.start();
    try {
      for (const url of [server.apiUrl, server.s3.endpoint]) assert.ok(server.logs.includes(url), url);
      assert.ok(!server.logs.includes(server.apiKey), 'a key that was given is not repeated');
    } finally {
      await server.remove();
    }
  });
});

describe('credentials of the store', () => {
  it('that are damaged are not repeated [L9.6, L9.14]', async () => {
    const server = await Darkslide.prepare({ env: OWN_CREDENTIALS });
    const secret = 'geheimgeheimgeheim';
    try {
      await mkdir(server.dataDir, { recursive: true });
      for (const text of [`{"accessKeyId":"${secret}","secretAccessKey":"${secret}`, `${secret}`, `{"${secret}":1}`]) {
        await writeFile(join(server.dataDir, 'store-credentials.json'), text);
        assert.equal(await server.spawn(), 1);
      }
      assert.match(server.logs, /store-credentials\.json is damaged/);
      assert.ok(!server.logs.includes(secret));
    } finally {
      await server.remove();
    }
  });
});

describe('a wrong configuration', () => {
  it('is refused with a sentence for each variable [L9.8]', async () => {
    const env = { DARKSLIDE_PORT: 'http', DARKSLIDE_LINK_TTL: '0', DATABASE_URL: 'mysql://u:geheim@h/d' };
    const server = await Darkslide.prepare({ env });
    try {
      assert.equal(await server.spawn(), 2);
      for (const name of Object.keys(env)) assert.ok(server.logs.includes(name), name);
      assert.ok(!server.logs.includes('geheim'), 'a password is not repeated');
      assert.doesNotMatch(server.logs, /\n\s+at .*:\d+:\d+/, 'no stack trace');
    } finally {
      await server.remove();
    }
  });

  it('of a port that is taken says so and ends [L9.8]', async () => {
    const first = await Darkslide.start();
    const second = await Darkslide.prepare({ env: { DARKSLIDE_PORT: new URL(first.apiUrl).port } });
    try {
      const code = await second.spawn();
      assert.ok(code !== 0 && code !== null, String(code));
      assert.match(second.logs, new RegExp(new URL(first.apiUrl).port));
      assert.doesNotMatch(second.logs, /\n\s+at .*:\d+:\d+/, 'no stack trace');
    } finally {
      await Promise.all([first.remove(), second.remove()]);
    }
  });
});

describe('the logs', () => {
  it('have the requests, and hold no key, secret or signature [L9.6]', async () => {
    const server = await Darkslide.start({ env: { DARKSLIDE_LOG_LEVEL: 'debug' } });
    try {
      const api = new Api(server);
      const second = await server.createAccount('second');
      const project = await api.newProject();
      const link = await api.uploadLink(project, 'a.NEF');
      await putLink(link, Buffer.from('x'));
      await putLink(link, Buffer.from('x'), { 'Content-Type': 'image/jpeg' });
      const upload = await api.startMultipart(project, { file_name: 'b.NEF', part_count: 1 });
      const { download_link: download } = await api.file(project, 'a.NEF');
      await request({ url: download as string });
      const signed = await presign(server, new GetObjectCommand({ Bucket: server.s3.bucket, Key: 'nobody' }));
      await request({ url: signed });
      const wrongKey = 'almost-the-right-key-but-not-quite';
      await new Api({ apiUrl: server.apiUrl, apiKey: wrongKey }).get(PROFILE);
      await api.call('GET', `/v1/nothing?x-api-key=${server.apiKey}`);
      await api.call('POST', PROFILE, { body: '{' });
      await server.stop();

      const signatures = [link, download, signed, upload.parts[0]?.upload_url].map((url) =>
        new URL(url as string).searchParams.get('X-Amz-Signature'),
      );
      const { accessKeyId, secretAccessKey } = server.s3.credentials;
      const secrets = [server.apiKey, second.apiKey, wrongKey, secretAccessKey, ...signatures];
      for (const secret of secrets) assert.ok(!server.logs.includes(secret as string), 'a secret is in the logs');
      assert.ok(!/X-Amz-Signature=[0-9a-f]/i.test(server.logs));
      assert.ok(!server.logs.includes(`${accessKeyId}/`), 'no credential scope');
      assert.ok(server.logs.includes(PROFILE), 'the log has the requests');
    } finally {
      await server.remove();
    }
  });
});
