/**
 * `node listing-server.ts` is a storage that holds nothing and lists much, on a free port of 127.0.0.1 that it prints:
 * every project has the first N of the bench's file names, and `POST /arrived/N` says how many. It returns what the
 * API asks of an S3, in the bytes that an S3 would send, and spends next to nothing on it.
 */
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileIndexAfter, fileName } from './many-names.ts';

const MOMENT = '2026-01-02T03:04:05.000Z';
const BUCKET = '/photos';

let arrived = 0;

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { method } = request;
  if (url.pathname.startsWith('/arrived/')) {
    arrived = Number(url.pathname.split('/')[2]);
    return void response.end();
  }
  if (method === 'PUT') return take(request, response);
  if (method === 'GET' && url.searchParams.get('list-type') === '2') return list(url.searchParams, response);
  if (method === 'HEAD' && url.pathname.replace(/\/$/, '') === BUCKET) return void response.end();
  if (method === 'DELETE') return void response.writeHead(204).end();
  response.writeHead(method === 'HEAD' ? 404 : 501).end();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));

/** The API tries one upload when it starts. */
function take(request: http.IncomingMessage, response: http.ServerResponse): void {
  const md5 = createHash('md5');
  request
    .on('data', (chunk) => md5.update(chunk))
    .on('end', () => response.setHeader('etag', `"${md5.digest('hex')}"`).end());
}

function list(query: URLSearchParams, response: http.ServerResponse): void {
  const prefix = query.get('prefix') ?? '';
  const after = (query.get('start-after') ?? '').slice(prefix.length);
  const first = fileIndexAfter(after);
  const end = Math.min(arrived, first + Number(query.get('max-keys') ?? 1000));
  let contents = '';
  for (let index = first; index < end; index += 1) {
    const etag = index.toString(16).padStart(32, '0');
    contents +=
      `<Contents><Key>${encodeURIComponent(prefix + fileName(index))}</Key><LastModified>${MOMENT}</LastModified>` +
      `<ETag>&quot;${etag}&quot;</ETag><Size>25000000</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  response
    .setHeader('content-type', 'application/xml')
    .end(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        `<Name>photos</Name><Prefix>${encodeURIComponent(prefix)}</Prefix><EncodingType>url</EncodingType>` +
        `<KeyCount>${Math.max(0, end - first)}</KeyCount><IsTruncated>${end < arrived}</IsTruncated>${contents}</ListBucketResult>`,
    );
}
