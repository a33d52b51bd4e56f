import { rm, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { freePorts, type Tab } from '@darkslide/testkit';

/** What a page is asked in the name of a server that it plays. */
type Ask = { ask: number; phase: 'head' | 'answer'; request: object };

type Played = {
  hasHead: boolean;
  server: http.Server;
  /** Not asked yet, and the page's request that waits for the next. */
  asks: { ask: Ask; body: Buffer }[];
  waiting: http.ServerResponse | undefined;
  answers: Map<number, (text: string) => void>;
};

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': '*',
  'access-control-expose-headers': '*',
};

/**
 * Serves a page that tests the ports of a browser, and does for it what no page can: writes files and has them chosen,
 * and listens as a server whose responses the page decides.
 */
export class PortsServer {
  readonly url: string;
  readonly #script: string;
  readonly #folder: string;
  readonly #tab: Tab;
  readonly #nowhere: string;
  readonly #played = new Map<string, Played>();
  readonly #server = http.createServer((request, response) => {
    this.#handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  #asked = 0;
  #seconds = 1_700_000_000;

  private constructor(options: { script: string; folder: string; tab: Tab; ports: number[] }) {
    const [port = 0, nowhere = 0] = options.ports;
    this.#script = options.script;
    this.#folder = options.folder;
    this.#tab = options.tab;
    this.url = `http://127.0.0.1:${port}`;
    this.#nowhere = `http://127.0.0.1:${nowhere}`;
    this.#server.listen(port, '127.0.0.1');
  }

  static async start(options: { script: string; folder: string; tab: Tab }): Promise<PortsServer> {
    return new PortsServer({ ...options, ports: await freePorts(2) });
  }

  close(): void {
    for (const { server } of this.#played.values()) end(server);
    end(this.#server);
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const [, room = '', id = '', order = '', ask = ''] = pathname.split('/');
    const body = await bodyOf(request);
    const played = this.#played.get(id);
    if (room === '') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><input type="file"><script type="module" src="/page.js"></script>');
    } else if (room === 'page.js') response.setHeader('content-type', 'text/javascript').end(this.#script);
    else if (room === 'files') response.end(await this.#onFile(join(this.#folder, `${id}.NEF`), order, body));
    else if (id === '') response.end(JSON.stringify(await this.#play(searchParams.get('head') === '1')));
    else if (!played) response.writeHead(404).end();
    else if (order === 'ask') {
      played.waiting = response;
      next(played);
    } else if (order === 'answers') {
      played.answers.get(Number(ask))?.(body.toString());
      response.end();
    } else {
      end(played.server);
      response.end();
    }
  }

  async #onFile(path: string, order: string, body: Buffer): Promise<string> {
    if (order === 'write') {
      await writeFile(path, body);
      // Some browsers see times in whole seconds only.
      this.#seconds += 1;
      await utimes(path, this.#seconds, this.#seconds);
    } else if (order === 'remove') await rm(path, { force: true });
    else await this.#tab.chooseFiles("document.querySelector('input')", [path]);
    return '';
  }

  /** Listens as a server of its own origin. */
  async #play(hasHead: boolean): Promise<{ id: string; url: string; nowhere: string }> {
    const [port = 0] = await freePorts(1);
    const id = String(port);
    const server = http.createServer((request, response) => {
      this.#relay(id, request, response).catch(() => request.destroy());
    });
    this.#played.set(id, { hasHead, server, asks: [], waiting: undefined, answers: new Map() });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return { id, url: `http://127.0.0.1:${port}`, nowhere: this.#nowhere };
  }

  async #relay(id: string, incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    if (incoming.method === 'OPTIONS') {
      outgoing.writeHead(204, CORS).end();
      return;
    }
    const played = this.#played.get(id) as Played;
    const { method = '', url = '', headers } = incoming;
    const size = Number(headers['content-length'] ?? 0);
    const request = { method, url: `http://${headers.host}${url}`, headers, size };
    const fate = played.hasHead ? await this.#ask(played, 'head', request, Buffer.alloc(0)) : null;
    const answer = fate?.answer ?? (await this.#ask(played, 'answer', request, await bodyOf(incoming)));
    if (!('fault' in answer)) outgoing.writeHead(answer.status, { ...CORS, ...answer.headers }).end(answer.text);
    else if (answer.fault !== 'hang') outgoing.socket?.resetAndDestroy();
  }

  async #ask(played: Played, phase: 'head' | 'answer', request: object, body: Buffer) {
    this.#asked += 1;
    const ask = this.#asked;
    const answered = new Promise<string>((resolve) => played.answers.set(ask, resolve));
    played.asks.push({ ask: { ask, phase, request }, body });
    next(played);
    return JSON.parse(await answered);
  }
}

function next(played: Played): void {
  const { waiting } = played;
  const first = waiting && played.asks.shift();
  if (!waiting || !first) return;
  played.waiting = undefined;
  waiting.setHeader('x-ask', JSON.stringify(first.ask)).end(first.body);
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function end(server: http.Server): void {
  server.close();
  server.closeAllConnections();
}
