/**
 * `node sink-server.ts ETAGS` speaks as much of the contract as an upload needs, on a free port of 127.0.0.1 that it
 * prints. What is PUT is read and thrown away; the ETags to answer stand in a JSON file, by file name, so that the
 * sink spends nothing on hashing.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const [etagsFile = ''] = process.argv.slice(2);
const etags = new Map<string, string>(Object.entries(JSON.parse(readFileSync(etagsFile, 'utf8'))));
/** Sizes of what arrived, by project and name. */
const projects = new Map<string, Map<string, number>>();

const server = http.createServer((request, response) => {
  const [, root, ...rest] = (request.url ?? '').split('?', 1)[0]?.split('/') ?? [];
  if (root === 'objects') return take(request, response, rest as [string, string]);
  answer(request, response, rest).catch(() => response.writeHead(500).end());
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

function take(request: http.IncomingMessage, response: http.ServerResponse, [project, name]: [string, string]): void {
  request.resume().on('end', () => {
    projects.get(project)?.set(name, Number(request.headers['content-length']));
    response.writeHead(200, { etag: `"${etags.get(name)}"`, 'content-length': 0 }).end();
  });
}

/** Routes come without `/v1`: `projects`, or `projects/UUID/call`. */
async function answer(request: http.IncomingMessage, response: http.ServerResponse, route: string[]): Promise<void> {
  const [, project = '', call = ''] = route;
  const body = JSON.parse((await text(request)) || '{}') as { files_list?: { file_name: string }[] };
  const data = (value: unknown) => response.end(JSON.stringify({ data: value }));
  if (request.method === 'POST' && project === '') {
    const uuid = randomUUID();
    projects.set(uuid, new Map());
    return void data({ project_uuid: uuid });
  }
  const files = projects.get(project);
  if (files && call === 'get_temporary_upload_links') {
    const link = (name: string) => `http://${request.headers.host}/objects/${project}/${name}`;
    return void data({
      files_list: body.files_list?.map(({ file_name }) => ({ file_name, upload_link: link(file_name) })),
    });
  }
  if (files && call === 'files') {
    const file = ([name, size]: [string, number]) => ({
      ...{ file_name: name, status: 'uploaded', size, etag: etags.get(name) },
      ...{ uploaded_at: new Date().toISOString(), md5_matches: null },
    });
    return void data({ files: [...files].map(file), next_cursor: null });
  }
  response
    .writeHead(404)
    .end(JSON.stringify({ error: { code: 'route_not_found', message: 'There is no such call.' } }));
}

async function text(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
