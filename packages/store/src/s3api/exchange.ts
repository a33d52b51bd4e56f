import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressGroup } from '@darkslide/connections';
import { buildErrorXml, S3Error, verifyRequest } from '@darkslide/s3wire';
import { DamagedError } from '../blobs/damage.ts';
import { DAMAGED_CLASS } from '../catalog/damage-marks.ts';
import { RequestBody, type Sender } from './body.ts';
import { corsHeaders, rulesOf } from './cors.ts';
import { refuseUnknown } from './known.ts';
import { checkExpectedOwner } from './owner.ts';
import { header } from './request.ts';
import { requestHeaders } from './request-headers.ts';
import type { S3Response } from './response.ts';
import { findOperation } from './router.ts';
import { send } from './send.ts';
import { isSharedAddress, type Store } from './store.ts';
import { parseTarget, type Target } from './target.ts';

export type Keys = { accessKeyId: string; secretAccessKey: string };

/** Tells one process from another in an error report. */
const HOST_ID = randomBytes(24).toString('base64');

/** One request and its response. */
export class Exchange {
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #id = randomBytes(8).toString('hex').toUpperCase();
  readonly #startedAt = performance.now();
  /** Its address. */
  readonly #client: string;
  readonly #gone = new AbortController();
  /** Whether the client still waits for us to ask for the body. */
  #awaitsContinue: boolean;
  #operation: string | undefined;
  #code: string | undefined;
  #body: RequestBody | undefined;

  constructor(options: {
    store: Store;
    keys: Keys;
    request: IncomingMessage;
    response: ServerResponse;
    expectsContinue: boolean;
  }) {
    this.#store = options.store;
    this.#keys = options.keys;
    this.#request = options.request;
    this.#response = options.response;
    this.#awaitsContinue = options.expectsContinue;
    const { socket, headers } = options.request;
    const forwarded = header({ headers }, 'x-forwarded-for');
    this.#client = this.#store.trustedProxies.clientOf(socket.remoteAddress ?? '', forwarded);
  }

  /** Carries the request out. Never throws. `stop` gives it up. */
  async run(stop: AbortSignal): Promise<void> {
    const abort = () => this.#gone.abort(new S3Error('IncompleteBody'));
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) abort();
    });
    stop.addEventListener('abort', abort, { once: true });
    let s3Response: S3Response | undefined;
    try {
      s3Response = await this.#respond();
      await this.#send(s3Response);
    } catch (error) {
      this.#report(error);
      this.#response.destroy();
    } finally {
      if (typeof s3Response?.body === 'object') s3Response.body.close();
      stop.removeEventListener('abort', abort);
      this.#log();
    }
  }

  async #respond(): Promise<S3Response> {
    let target: Target | undefined;
    let s3Response: S3Response;
    try {
      target = parseTarget(this.#request.url ?? '');
      s3Response = this.#request.method === 'OPTIONS' ? this.#preflight(target) : await this.#operate(target);
    } catch (error) {
      s3Response = this.#refuse(error);
    }
    return { ...s3Response, headers: { ...s3Response.headers, ...this.#corsOf(target), ...this.#marks() } };
  }

  async #operate(target: Target): Promise<S3Response> {
    const { method = '', url = '', headers } = this.#request;
    const verified = verifyRequest(
      { method, target: url, headers: this.#request.headersDistinct },
      {
        secretKeyOf: (id) => (id === this.#keys.accessKeyId ? this.#keys.secretAccessKey : undefined),
        region: this.#store.region,
        now: new Date(this.#store.now()),
      },
    );
    const { bucket = '', key = '', query } = target;
    const asked = { query, headers: requestHeaders(headers, query, verified) };
    const copies = asked.headers['x-amz-copy-source'] !== undefined;
    const { name, operation } = findOperation({ method, target, copies });
    this.#operation = name;
    refuseUnknown(asked, operation.known, method !== 'GET' && method !== 'HEAD');
    checkExpectedOwner(asked);
    this.#body = new RequestBody({
      request: this.#request,
      payload: verified.payload,
      limits: this.#store.limits,
      sender: this.#sender(target),
      sendContinue: () => {
        if (this.#awaitsContinue) this.#response.writeContinue();
        this.#awaitsContinue = false;
      },
    });
    return operation.run({ bucket, key, ...asked, body: this.#body, signal: this.#gone.signal }, this.#store);
  }

  /** How the limiter tells clients apart. Requests signed with the keys have no link. */
  #sender({ bucket = '', key = '', query }: Target): Sender {
    const part = `${query.get('uploadId') ?? ''}/${query.get('partNumber') ?? ''}`;
    const isLink = query.has('X-Amz-Signature') || query.has('Signature');
    return {
      ...(isLink && { link: `${bucket}/${key}/${part}` }),
      ...(isSharedAddress(this.#client, this.#store) ? {} : { client: addressGroup(this.#client) }),
    };
  }

  /** May a page of another origin send this request? Asked without credentials. */
  #preflight(target: Target): S3Response {
    const { headers } = this.#request;
    const origin = header({ headers }, 'origin');
    const method = header({ headers }, 'access-control-request-method');
    if (origin === undefined || method === undefined || target.bucket === undefined) {
      throw new S3Error('BadRequest', {
        message: 'Insufficient information. Origin request header needed.',
      });
    }
    this.#operation = 'Preflight';
    const wanted = (header({ headers }, 'access-control-request-headers') ?? '').split(',').map((name) => name.trim());
    const rules = rulesOf(this.#store.reader.bucket(target.bucket), this.#store.cors);
    const allowed = corsHeaders(rules, { origin, method, headers: wanted.filter((name) => name !== '') });
    if (allowed === undefined) throw new S3Error('AccessForbidden', { details: { Method: method } });
    return { status: 200, headers: allowed };
  }

  /** What lets a page read the response, also an error. */
  #corsOf(target: Target | undefined): Record<string, string> {
    const { origin } = this.#request.headers;
    const { method = '' } = this.#request;
    if (origin === undefined || target?.bucket === undefined || method === 'OPTIONS') return {};
    try {
      const rules = rulesOf(this.#store.reader.bucket(target.bucket), this.#store.cors);
      return corsHeaders(rules, { origin, method }) ?? {};
    } catch {
      return {};
    }
  }

  #refuse(error: unknown): S3Response {
    const refusal = error instanceof S3Error ? error : new S3Error('InternalError');
    if (refusal !== error) this.#report(error);
    this.#code = refusal.code;
    const [resource = ''] = (this.#request.url ?? '').split('?');
    const told = new S3Error(refusal.code, {
      message: refusal.message,
      details: { ...refusal.details, HostId: HOST_ID },
    });
    const body = buildErrorXml(told, { resource, requestId: this.#id });
    // As in listings and heads, so that a client tells damage from trouble that passes.
    const isDamaged = refusal.cause instanceof DamagedError;
    const headers = { 'content-type': 'application/xml', ...(isDamaged && { 'x-amz-storage-class': DAMAGED_CLASS }) };
    return { status: refusal.status, headers, body };
  }

  #marks(): Record<string, string> {
    return { 'x-amz-request-id': this.#id, 'x-amz-id-2': HOST_ID, server: 'darkslide' };
  }

  async #send(s3Response: S3Response): Promise<void> {
    await send({
      s3Response,
      request: this.#request,
      response: this.#response,
      awaitsContinue: this.#awaitsContinue,
      idleTimeoutMs: this.#store.limits.idleTimeoutMs,
      signal: this.#gone.signal,
    });
  }

  #report(error: unknown): void {
    // Damage is logged where it is found, once.
    if (error instanceof DamagedError || isDeparture(error, this.#gone.signal)) return;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#store.log({ type: 'error', message, stack, requestId: this.#id });
  }

  #log(): void {
    const { method = '', url = '', headers } = this.#request;
    this.#store.log({
      type: 'request',
      client: this.#client,
      requestId: this.#id,
      onBehalfOf: /(?:^| )request-id\/([\w.:/+=-]{1,128})(?= |$)/.exec(headers['user-agent'] ?? '')?.[1],
      method,
      path: url.split('?')[0] ?? '',
      operation: this.#operation,
      status: this.#response.statusCode,
      code: this.#code,
      bytesIn: this.#body?.received ?? 0,
      bytesOut: Number(this.#response.getHeader('content-length') ?? 0),
      durationMs: Math.round(performance.now() - this.#startedAt),
    });
  }
}

/** A client that leaves is not a failure of ours. A failure of ours, on the other hand, also ends the connection. */
function isDeparture(error: unknown, gone: AbortSignal): boolean {
  if (!gone.aborted) return false;
  const { name, code } = error as NodeJS.ErrnoException;
  return (
    error === gone.reason ||
    name === 'AbortError' ||
    ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(code ?? '')
  );
}
