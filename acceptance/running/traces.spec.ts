import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { Darkslide, listen } from '@darkslide/testkit';
import { Api, refusal } from '../support/api.ts';
import { start } from '../support/multipart.ts';

type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number };
};

const SERVER = 2;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';

/** Takes traces as OTLP over HTTP, in JSON, and keeps them. */
async function startCollector() {
  const bodies: string[] = [];
  const paths = new Set<string>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    paths.add(`${request.method} ${request.url}`);
    bodies.push(body);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  const port = await listen(server);
  type Export = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
  return {
    url: `http://127.0.0.1:${port}`,
    paths,
    text: () => bodies.join('\n'),
    spans: () =>
      bodies
        .flatMap((body) => (JSON.parse(body) as Export).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    close: () => server.close(),
  };
}

const attributesOf = (span: Span) =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('traces', () => {
  it("go on from the client's down to database and storage, without names and signatures [L9.13]", async () => {
    const collector = await startCollector();
    const server = await Darkslide.start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    try {
      const api = new Api(server);
      const project = await api.newProject();
      const upload = await start(api, project, { file_name: 'secret-name.NEF', part_count: 2 });
      const traceparent = `00-${TRACE}-${CLIENT_SPAN}-01`;
      const answer = await api.call('POST', `${upload.path}/complete`, {
        body: { file_name: 'secret-name.NEF' },
        headers: { traceparent, 'x-request-id': 'traced-1' },
      });
      refusal(answer, { status: 409, code: 'upload_parts_missing' });
      await api.call('GET', project, { headers: { traceparent: traceparent.replace(/01$/, '00') } });
      await server.stop();

      assert.deepEqual([...collector.paths], ['POST /v1/traces']);
      const ours = collector.spans().filter(({ traceId }) => traceId === TRACE);
      const roots = ours.filter(({ kind }) => kind === SERVER);
      assert.equal(roots.length, 1, 'one request; the other was not sampled by the client');
      const [root] = roots as [Span];
      assert.equal(root.parentSpanId, CLIENT_SPAN);
      const route = '/v1/projects/:project_uuid/multipart_uploads/:upload_id/complete';
      assert.equal(root.name, `POST ${route}`);
      const { 'http.response.status_code': status, ...attributes } = attributesOf(root);
      assert.equal(Number(status), 409);
      assert.deepEqual(attributes, {
        'http.request.method': 'POST',
        'http.route': route,
        'darkslide.request_id': 'traced-1',
        'darkslide.project_uuid': project.split('/').at(-1),
        'error.type': 'upload_parts_missing',
      });
      const calls = ours.filter((span) => span !== root);
      assert.ok(calls.every(({ parentSpanId }) => parentSpanId === root.spanId));
      const names = new Set(calls.map(({ name }) => name));
      for (const name of ['select', 'S3/ListParts']) assert.ok(names.has(name), name);
      for (const secret of ['secret-name', upload.upload_id, 'X-Amz-Signature', server.apiKey]) {
        assert.ok(!collector.text().includes(secret), secret);
      }
    } finally {
      await server.remove();
      collector.close();
    }
  });

  it('hold up nothing where the collector does not answer [L9.13]', async () => {
    const server = await Darkslide.start({
      env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces' },
    });
    try {
      await new Api(server).newProject();
      assert.equal(await server.stop(), 0);
    } finally {
      await server.remove();
    }
  });

  it('of requests without a traceparent begin here, and are sampled [L9.13]', async () => {
    const collector = await startCollector();
    const server = await Darkslide.start({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` } });
    try {
      const api = new Api(server);
      for (const headers of [{}, { traceparent: 'nonsense' }] as Record<string, string>[]) {
        await api.call('GET', '/v1/projects', { headers });
      }
      await server.stop();
      const roots = collector.spans().filter(({ name }) => name === 'GET /v1/projects');
      assert.equal(roots.length, 2);
      assert.ok(roots.every(({ parentSpanId = '' }) => parentSpanId === ''));
    } finally {
      await server.remove();
      collector.close();
    }
  });
});
