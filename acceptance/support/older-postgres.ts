import { connect, createServer, type Socket } from 'node:net';
import { listen } from '@darkslide/testkit';

/** A PostgreSQL that says of itself that it is version 9.6.24, by a proxy that changes nothing else. */
export async function olderPostgres(url: string): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(url);
  const server = createServer((client: Socket) => {
    const database = connect({ host: hostname, port: Number(port) });
    database.on('data', (bytes) => client.write(older(bytes)));
    client.pipe(database).on('error', () => client.destroy());
    client.on('error', () => database.destroy()).on('close', () => database.destroy());
  });
  const oldPort = await listen(server);
  const oldUrl = new URL(url);
  oldUrl.port = String(oldPort);
  return { url: oldUrl.href, close: () => server.close() };
}

/** As many digits as before, so that the message's length holds. */
function older(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/(server_version_num.*?)\d{6}/s, '$1090624');
  return Buffer.from(text, 'latin1');
}
