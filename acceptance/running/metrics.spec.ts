import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { connect, Darkslide, freePorts, request, startPostgres } from '@darkslide/testkit';
import { Api, data, PROFILE, putLink, refusal } from '../support/api.ts';
import { eventually, startWithExternalStorage } from '../support/external-storage.ts';
import { scrape } from '../support/metrics.ts';
import { complete, fullPart, putParts, start } from '../support/multipart.ts';

const TOKEN = 'a-token-for-the-scraper';
const bytes = Buffer.from('a small photo');

const server = await Darkslide.start({ env: { DARKSLIDE_METRICS_TOKEN: TOKEN } });
after(() => server.remove());
const api = new Api(server);
const url = `${server.apiUrl}/metrics`;

describe('metrics', () => {
  it('are read with the token only [L9.11]', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer a-token-for-the-scrape' },
      { authorization: TOKEN },
      { authorization: `Basic ${TOKEN}` },
      { 'x-api-key': server.apiKey },
    ] as Record<string, string>[]) {
      const refused = await request({ url, headers });
      assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'Bearer']);
      assert.doesNotMatch(refused.text, /darkslide_/);
    }
    await scrape(url, TOKEN);
  });

  it('are not there where none are configured [L9.11]', async () => {
    const bare = await Darkslide.start();
    try {
      const credentials: Record<string, string>[] = [
        {},
        { authorization: `Bearer ${TOKEN}` },
        { 'x-api-key': bare.apiKey },
      ];
      for (const headers of credentials) {
        assert.equal((await request({ url: `${bare.apiUrl}/metrics`, headers })).status, 404);
      }
    } finally {
      await bare.remove();
    }
  });

  it('have a port of their own where one is configured, and nothing else is there [L9.11]', async () => {
    const [port] = await freePorts(1);
    const own = await Darkslide.start({ env: { DARKSLIDE_METRICS_PORT: String(port) } });
    try {
      await scrape(`http://127.0.0.1:${port}/metrics`);
      assert.equal((await request({ url: `http://127.0.0.1:${port}/readyz` })).status, 404);
      assert.equal((await request({ url: `${own.apiUrl}/metrics` })).status, 404);
    } finally {
      await own.remove();
    }
  });

  it('count links by kind, and what has arrived once [L9.11]', async () => {
    const before = await scrape(url, TOKEN);
    const project = await api.newProject();
    const links = await api.uploadLinks(project, [
      { file_name: 'a.NEF' },
      { file_name: 'b.NEF' },
      { file_name: 'c.NEF' },
    ]);
    for (const { upload_link } of links.slice(0, 2)) assert.equal((await putLink(upload_link, bytes)).status, 200);
    const upload = await start(api, project, { file_name: 'big.NEF', part_count: 2 });
    await putParts(upload, { 1: fullPart(1), 2: bytes });
    data(await complete(api, upload));
    // Seen again and again, and one of them replaced: still the same files.
    await api.files(project);
    await api.get(project);
    await api.download(project, 'a.NEF');
    await api.upload(project, 'a.NEF', Buffer.from('the same photo, developed anew'));
    await api.files(project);

    const now = await scrape(url, TOKEN);
    const more = (name: string, labels?: Record<string, string>) =>
      now.value(name, labels) - before.value(name, labels);
    assert.equal(more('darkslide_links_issued_total', { kind: 'put' }), 4);
    assert.equal(more('darkslide_links_issued_total', { kind: 'part' }), 2);
    assert.equal(more('darkslide_links_issued_total', { kind: 'download' }), 1);
    assert.equal(more('darkslide_files_arrived_total'), 3);
    assert.equal(more('darkslide_arrived_bytes_total'), fullPart(1).length + 3 * bytes.length);
    assert.equal(more('darkslide_store_requests_total', { operation: 'UploadPart', status: '2xx' }), 2);
    assert.ok(more('darkslide_store_received_bytes_total') > fullPart(1).length);
  });

  it('say what was refused and why, and how long answers took, by route [L9.11]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'secret-name.NEF', part_count: 2 });
    refusal(await complete(api, upload), { status: 409, code: 'upload_parts_missing' });
    refusal(await api.get(`${PROFILE}/no-such-project`), { status: 404 });
    await request({ url: `${server.apiUrl}/secret-path`, method: 'PROPFIND' });

    const now = await scrape(url, TOKEN);
    const labels = { call: 'completeMultipart', code: 'upload_parts_missing' };
    assert.equal(now.value('darkslide_refusals_total', labels), 1);
    const route = `${PROFILE}/:project_uuid/multipart_uploads/:upload_id/complete`;
    for (const status of ['2xx', '4xx']) {
      assert.equal(now.value('darkslide_http_request_duration_seconds_count', { method: 'POST', route, status }), 1);
    }
    assert.ok(now.value('darkslide_storage_call_duration_seconds_count', { operation: 'ListParts' }) > 0);
    assert.ok(now.value('darkslide_database_query_duration_seconds_count', { kind: 'select' }) > 0);
    for (const secret of ['secret', project.split('/').at(-1) as string, upload.upload_id, server.apiKey]) {
      assert.ok(!now.text.includes(secret), `no ${secret}`);
    }
  });

  it('count requests in progress, and stop counting when a client leaves [L9.11]', async () => {
    const inFlight = async () => (await scrape(url, TOKEN)).value('darkslide_http_requests_in_flight');
    await eventually(async () => (await inFlight()) === 1, 'the scrape itself');
    const client = await connect(server.apiUrl);
    const { host } = new URL(server.apiUrl);
    await client.send(`POST ${PROFILE} HTTP/1.1\r\nHost: ${host}\r\nx-api-key: ${server.apiKey}\r\n`);
    await client.send('Content-Length: 10\r\n\r\n{');
    await eventually(async () => (await inFlight()) === 2, 'one that waits for its body');
    client.reset();
    await eventually(async () => (await inFlight()) === 1, 'the one that left is not counted any more');
  });

  it("name the storage's errors by their codes, and are read while it is down [L9.11, L9.9]", async () => {
    const {
      proxy,
      server: own,
      api: ownApi,
    } = await startWithExternalStorage(undefined, {
      DARKSLIDE_METRICS_TOKEN: TOKEN,
    });
    const project = await ownApi.newProject();
    await proxy.close();
    refusal(await ownApi.get(`${project}/files`), { status: 503, code: 'storage_unavailable' });
    const now = await scrape(`${own.apiUrl}/metrics`, TOKEN);
    const failed = { operation: 'ListObjectsV2', code: 'ECONNREFUSED' };
    assert.equal(now.value('darkslide_storage_errors_total', failed), 1);
    const refused = { call: 'listFiles', code: 'storage_unavailable' };
    assert.equal(now.value('darkslide_refusals_total', refused), 1);
  });

  it('count a file once, whichever node finds it, and open uploads of all nodes [L9.11]', {
    timeout: 180_000,
  }, async (t) => {
    const postgres = await startPostgres();
    t.after(() => postgres.remove());
    const { s3 } = server;
    const env = {
      DATABASE_URL: postgres.url,
      DARKSLIDE_METRICS_TOKEN: TOKEN,
      DARKSLIDE_S3_ENDPOINT: s3.endpoint,
      DARKSLIDE_S3_BUCKET: s3.bucket,
      DARKSLIDE_API_KEY: server.apiKey,
      DARKSLIDE_STORE_ACCESS_KEY: undefined,
      DARKSLIDE_STORE_SECRET_KEY: undefined,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    };
    const startNode = async () => {
      const node = await Darkslide.start({ env });
      t.after(() => node.remove());
      return node;
    };
    const nodes = await Promise.all([startNode(), startNode()]);
    const [first, second] = nodes.map(({ apiUrl }) => new Api({ apiUrl, apiKey: server.apiKey })) as [Api, Api];
    const project = await first.newProject();
    const names = Array.from({ length: 200 }, (_, index) => ({ file_name: `${index}.NEF` }));
    const links = await first.uploadLinks(project, names);
    await Promise.all(links.map(({ upload_link }) => putLink(upload_link, bytes)));
    await start(first, project, { file_name: 'open.NEF', part_count: 1 });
    await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 ? first : second).files(project)));
    const scrapes = await Promise.all(nodes.map(({ apiUrl }) => scrape(`${apiUrl}/metrics`, TOKEN)));
    const files = scrapes.map((each) => each.value('darkslide_files_arrived_total'));
    assert.equal((files[0] as number) + (files[1] as number), 200, String(files));
    assert.deepEqual(
      scrapes.map((each) => each.value('darkslide_open_uploads')),
      [1, 1],
    );
    await postgres.stop();
    refusal(await first.get(project), { status: 503, code: 'database_unavailable' });
    const without = await scrape(`${nodes[0]?.apiUrl}/metrics`, TOKEN);
    assert.equal(without.value('darkslide_refusals_total', { call: 'getProject', code: 'database_unavailable' }), 1);
  });
});
