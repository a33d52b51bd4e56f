import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

/** A proxy as companies have them: plain HTTP by absolute URLs, anything else through a tunnel. It counts. */
export class ForwardProxy {
  /** Requests by absolute URL, and tunnels. */
  readonly counts = { requests: 0, tunnels: 0 };
  readonly #server: http.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(server: http.Server) {
    this.#server = server;
  }

  /** @param credentials `user:password` that every request must bring. */
  static async start({ credentials }: { credentials?: string } = {}): Promise<ForwardProxy> {
    const server = http.createServer();
    const proxy = new ForwardProxy(server);
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    const mayPass = ({ headers }: http.IncomingMessage) => !wanted || headers['proxy-authorization'] === wanted;
    server.on('request', (incoming, outgoing) => {
      if (!mayPass(incoming)) return void outgoing.writeHead(407).end('no');
      proxy.counts.requests += 1;
      forward(incoming, outgoing);
    });
    server.on('connect', (incoming: http.IncomingMessage, socket: net.Socket) => {
      proxy.#keep(socket);
      if (!mayPass(incoming)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      proxy.counts.tunnels += 1;
      proxy.#tunnel(incoming.url ?? '', socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** Without credentials. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }

  #tunnel(target: string, socket: net.Socket): void {
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = net.connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    this.#keep(upstream);
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function forward(incoming: http.IncomingMessage, outgoing: http.ServerResponse): void {
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = incoming.headers;
  const upstream = http.request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}
