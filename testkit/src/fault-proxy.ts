import http from 'node:http';
import type net from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Fault, Injection, ProxiedRequest } from './faults.ts';
import { listen } from './ports.ts';
import { seededRandom } from './random.ts';
import { TokenBucket } from './token-bucket.ts';

/** What happened to one request. The query is left out: it may hold a signature. */
export type ProxyLogEntry = {
  method: string;
  path: string;
  fault: Fault['kind'] | undefined;
  /** Of the answer as the client saw it; undefined where it saw none. */
  status: number | undefined;
  /** Body bytes taken from the client, and given to it. */
  bytesIn: number;
  bytesOut: number;
};

export type ProxyCounts = { requests: number; faults: number; bytesIn: number; bytesOut: number };

const LOG_LIMIT = 10_000;

/**
 * An HTTP proxy that stands before one target and misbehaves as told. Method, request-target, headers (`Host`
 * and their order included) and body bytes go through untouched, so that signatures hold.
 */
export class FaultProxy {
  readonly #target: URL;
  readonly #random: () => number;
  readonly #server: http.Server;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #sockets = new Set<net.Socket>();
  readonly #log: ProxyLogEntry[] = [];
  #injections: (Injection & { seen: number; left: number })[] = [];
  #bucket: TokenBucket | undefined;
  #counts: ProxyCounts = { requests: 0, faults: 0, bytesIn: 0, bytesOut: 0 };
  #port = 0;

  private constructor({ target, seed }: { target: string | URL; seed: number }) {
    this.#target = new URL(target);
    this.#random = seededRandom(seed);
    this.#server = http.createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 60_000 });
    const handle = (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
      this.#handle(incoming, outgoing).catch(() => breakOff(incoming, outgoing));
    };
    this.#server.on('request', handle).on('checkContinue', handle);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Starts on a free port of 127.0.0.1. The same `seed` draws the same chances in the same order of requests. */
  static async start(options: { target: string | URL; seed?: number }): Promise<FaultProxy> {
    const proxy = new FaultProxy({ seed: 1, ...options });
    await proxy.up();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get counts(): Readonly<ProxyCounts> {
    return { ...this.#counts };
  }

  /** The last 10,000 finished requests, oldest first. */
  get log(): readonly ProxyLogEntry[] {
    return [...this.#log];
  }

  /** The first injection that matches a request is the one that it meets. */
  inject(injection: Injection): void {
    this.#injections.push({ ...injection, seen: 0, left: injection.times ?? Number.POSITIVE_INFINITY });
  }

  /** No more faults; counts, log and bandwidth stay. */
  heal(): void {
    this.#injections = [];
  }

  /** Caps the bytes a second of all connections together, both directions; undefined lifts the cap. */
  set bandwidth(bytesPerSecond: number | undefined) {
    this.#bucket = bytesPerSecond === undefined ? undefined : new TokenBucket({ bytesPerSecond });
  }

  /** Breaks all connections and refuses new ones. */
  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** Listens again, on the same port as before. */
  async up(): Promise<void> {
    this.#port = await listen(this.#server, this.#port);
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.down();
    this.#agent.destroy();
  }

  async #handle(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const request = describe(incoming);
    const fault = this.#choose(request);
    const { method, path } = request;
    const entry: ProxyLogEntry = { method, path, fault: fault?.kind, status: undefined, bytesIn: 0, bytesOut: 0 };
    this.#counts.requests += 1;
    if (fault) this.#counts.faults += 1;
    this.#keep(entry);
    const body = this.#passage((bytes) => {
      entry.bytesIn += bytes;
      this.#counts.bytesIn += bytes;
    });
    const answer = this.#passage((bytes) => {
      entry.bytesOut += bytes;
      this.#counts.bytesOut += bytes;
    });
    outgoing.sendDate = false;
    entry.status = await this.#act({ incoming, outgoing, fault, body, answer });
  }

  async #act(exchange: Exchange): Promise<number | undefined> {
    const { incoming, outgoing, fault, body } = exchange;
    switch (fault?.kind) {
      case 'reset':
        return this.#breakRequest(exchange, this.#resetPoint(fault.afterBytes, incoming), () =>
          breakOff(incoming, outgoing),
        );
      case 'stall':
        return this.#breakRequest(exchange, fault.afterBytes, () => incoming.pause());
      case 'answer':
        if (incoming.headers.expect) outgoing.writeContinue();
        incoming.pipe(body).resume();
        await new Promise((resolve) => body.once('end', resolve).once('close', resolve));
        return give(outgoing, fault.answer);
      case 'delay':
        await sleep(fault.ms);
        return this.#forward(exchange);
      default:
        return this.#forward(exchange);
    }
  }

  /** Forwards a request and its answer, changed as far as the fault says. */
  async #forward({ incoming, outgoing, fault, body, answer }: Exchange): Promise<number | undefined> {
    const upstream = this.#open(incoming, outgoing);
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve).once('error', reject);
    });
    // A target may answer and close before it took the whole body; the answer counts, not the broken pipe.
    const sent = pipeline(incoming, body, upstream).catch(() => {});
    const received = await answered;
    const status = received.statusCode ?? 502;
    switch (fault?.kind) {
      case 'replace-answer':
        received.resume();
        await sent;
        return give(outgoing, fault.answer);
      case 'lose-answer':
        received.resume();
        await sent;
        breakOff(incoming, outgoing);
        return undefined;
      case 'truncate-answer':
        outgoing.writeHead(status, received.statusMessage, received.rawHeaders);
        await pipeline(
          received,
          answer,
          new Limit(fault.afterBytes, () => breakOff(incoming, outgoing)),
          outgoing,
        ).catch(() => {});
        return status;
      default:
        outgoing.writeHead(status, received.statusMessage, rewritten(received.rawHeaders, fault));
        await pipeline(received, answer, outgoing);
        return status;
    }
  }

  /** Lets the first bytes of a request through, then breaks it. */
  async #breakRequest({ incoming, outgoing, body }: Exchange, afterBytes: number, act: () => void): Promise<undefined> {
    const upstream = this.#open(incoming, outgoing);
    upstream.on('error', () => {}).on('response', (received) => received.resume());
    const limit = new Limit(afterBytes, () => {
      upstream.destroy();
      act();
    });
    incoming.pipe(body).pipe(limit).pipe(upstream);
    await new Promise((resolve) => incoming.once('close', resolve));
    upstream.destroy();
  }

  #open(incoming: http.IncomingMessage, outgoing: http.ServerResponse): http.ClientRequest {
    const upstream = http.request({
      host: this.#target.hostname,
      port: this.#target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      setDefaultHeaders: false,
      agent: this.#agent,
    });
    upstream.on('continue', () => outgoing.writeContinue());
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) upstream.destroy();
    });
    upstream.flushHeaders();
    return upstream;
  }

  #passage(count: (bytes: number) => void): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        count(chunk.length);
        const bucket = this.#bucket;
        if (!bucket) return done(null, chunk);
        bucket.take(chunk.length).then(() => done(null, chunk), done);
      },
    });
  }

  #choose(request: ProxiedRequest): Fault | undefined {
    for (const injection of this.#injections) {
      const { match, skip = 0, chance = 1 } = injection;
      if (injection.left === 0 || (match && !match(request))) continue;
      injection.seen += 1;
      if (injection.seen <= skip || (chance < 1 && this.#random() >= chance)) continue;
      injection.left -= 1;
      return injection.fault;
    }
    return undefined;
  }

  #resetPoint(afterBytes: number | 'anywhere', incoming: http.IncomingMessage): number {
    if (afterBytes !== 'anywhere') return afterBytes;
    return Math.floor(this.#random() * Number(incoming.headers['content-length'] ?? 0));
  }

  #keep(entry: ProxyLogEntry): void {
    this.#log.push(entry);
    if (this.#log.length > LOG_LIMIT) this.#log.shift();
  }
}

type Exchange = {
  incoming: http.IncomingMessage;
  outgoing: http.ServerResponse;
  fault: Fault | undefined;
  body: Transform;
  answer: Transform;
};

/** Passes the first bytes and calls back at the limit, after which nothing passes any more. */
class Limit extends Transform {
  #left: number;
  readonly #reached: () => void;

  constructor(limit: number, reached: () => void) {
    super();
    this.#left = limit;
    this.#reached = reached;
    if (limit === 0) setImmediate(reached);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (chunk.length < this.#left) {
      this.#left -= chunk.length;
      done(null, chunk);
      return;
    }
    // Never calls done: what stands before it in the pipe waits for good.
    this.push(chunk.subarray(0, this.#left));
    this.#left = 0;
    setImmediate(this.#reached);
  }
}

function describe(incoming: http.IncomingMessage): ProxiedRequest {
  const { method = '', url = '' } = incoming;
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const [path = '', query] = url.split('?', 2);
  return { method, path, query: new URLSearchParams(query), headers };
}

/** A request that was read to its end no longer has its socket; its response still does. */
function breakOff(incoming: http.IncomingMessage, outgoing: http.ServerResponse): void {
  const socket: net.Socket | null = incoming.socket ?? outgoing.socket;
  socket?.resetAndDestroy();
}

function give(outgoing: http.ServerResponse, { status, headers = {}, body = '' }: Answer): number {
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  outgoing.end(body);
  return status;
}

function rewritten(rawHeaders: readonly string[], fault: Fault | undefined): string[] {
  const headers = [...rawHeaders];
  if (fault?.kind !== 'rewrite-header') return headers;
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === fault.name.toLowerCase());
  if (at === -1) headers.push(fault.name, fault.value);
  else headers[at + 1] = fault.value;
  return headers;
}
