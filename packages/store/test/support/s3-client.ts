import { Agent, type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createPresigner, parseXml, signRequest, uriEncode, type XmlObject } from '@darkslide/s3wire';

export const CREDENTIALS = { accessKeyId: 'STORETEST', secretAccessKey: 'store-test-secret' };
export const REGION = 'us-east-1';
export const BUCKET = 'photos';

export type Query = Record<string, string>;
export type Headers = Record<string, string>;

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The error's `<Code>`, where it is one. */
  code: string | undefined;
};

export type Call = {
  method: string;
  /** Without a key: the bucket. */
  key?: string;
  bucket?: string;
  query?: Query;
  headers?: Headers;
  body?: Buffer | string;
  now?: Date;
};

/** S3 by signed requests and nothing else, so that a test sees what is on the wire. */
export class S3Client {
  readonly endpoint: string;

  constructor(endpoint: string) {
    this.endpoint = endpoint;
  }

  url({ key, bucket = BUCKET, query = {} }: Omit<Call, 'method'>): string {
    const search = Object.entries(query).map(
      ([name, value]) => `${uriEncode(name, { slash: true })}=${uriEncode(value, { slash: true })}`,
    );
    const path = `${bucket === '' ? '' : `/${bucket}`}/${key === undefined ? '' : uriEncode(key, { slash: false })}`;
    return `${this.endpoint}${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
  }

  sign(call: Call): { url: string; headers: Headers } {
    const url = this.url(call);
    const { method, headers = {}, now = new Date() } = call;
    return {
      url,
      headers: signRequest({ method, url, headers, credentials: CREDENTIALS, region: REGION, now }),
    };
  }

  /** A link; unlike the URL of a signed request it may name keys such as `../x`, which URL parsers rewrite. */
  link(call: Omit<Call, 'body'> & { expiresIn?: number }): string {
    const { key = '', bucket = BUCKET, query = {}, headers = {}, now, expiresIn = 60 } = call;
    const presigner = createPresigner({
      credentials: CREDENTIALS,
      region: REGION,
      endpoint: this.endpoint,
      bucket,
      pathStyle: true,
      ...(now && { now: () => now }),
    });
    return presigner.presign({ method: call.method as 'PUT', key, query, headers, expiresIn });
  }

  call(call: Call): Promise<Answer> {
    const { url, headers } = this.sign(call);
    return send({ url, method: call.method, headers, body: call.body });
  }

  put(key: string, body: Buffer | string, headers: Headers = {}): Promise<Answer> {
    return this.call({ method: 'PUT', key, body, headers });
  }

  get(key: string, headers: Headers = {}, query: Query = {}): Promise<Answer> {
    return this.call({ method: 'GET', key, headers, query });
  }

  head(key: string, headers: Headers = {}): Promise<Answer> {
    return this.call({ method: 'HEAD', key, headers });
  }

  delete(key: string): Promise<Answer> {
    return this.call({ method: 'DELETE', key });
  }

  async list(query: Query = {}): Promise<XmlObject> {
    const answer = await this.call({ method: 'GET', query: { 'list-type': '2', ...query } });
    return xmlOf(answer, 'ListBucketResult', ['Contents', 'CommonPrefixes']);
  }

  async createUpload(key: string, headers: Headers = {}): Promise<string> {
    const answer = await this.call({ method: 'POST', key, query: { uploads: '' }, headers });
    return String(xmlOf(answer, 'InitiateMultipartUploadResult').UploadId);
  }

  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Buffer | string,
    headers: Headers = {},
  ): Promise<Answer> {
    return this.call({ method: 'PUT', key, query: { partNumber: String(number), uploadId }, body, headers });
  }

  complete(
    key: string,
    uploadId: string,
    parts: { number: number; etag: string }[],
    headers: Headers = {},
  ): Promise<Answer> {
    const body = completeBody(parts);
    return this.call({ method: 'POST', key, query: { uploadId }, body, headers });
  }
}

export const completeBody = (parts: { number: number; etag: string }[]) =>
  `<CompleteMultipartUpload>${parts
    .map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
    .join('')}</CompleteMultipartUpload>`;

export function xmlOf(answer: Answer, root: string, lists: string[] = []): XmlObject {
  return parseXml(answer.body.toString('utf8'), { root, lists });
}

const agent = new Agent({ keepAlive: true });

/** Sends a request as it is, with no header but those given and the body's length. */
export function send(options: {
  url: string;
  method: string;
  headers?: Headers;
  body?: Buffer | string | undefined;
}): Promise<Answer> {
  const { url, method, headers = {}, body } = options;
  const length = body === undefined ? undefined : Buffer.byteLength(body);
  const { hostname, port, origin } = new URL(url);
  const request = httpRequest({
    hostname,
    port,
    // As it stands: a parsed URL has no `..` any more.
    path: url.slice(origin.length),
    method,
    headers: { ...(length !== undefined && { 'content-length': length }), ...headers },
    agent,
  });
  const answer = answerOf(request);
  request.end(body);
  return answer;
}

export function answerOf(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const code = /<Code>(\w+)<\/Code>/.exec(body.toString('utf8'))?.[1];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, code });
      } catch (error) {
        reject(error);
      }
    });
  });
}
