/**
 * An attack, in a process of its own, so that what it costs itself does not slow the honest client down:
 * `node attacker.ts ATTACK API_URL API_KEY PROJECT LINK`. Ends when it is killed.
 */
import { connect } from 'node:net';
import { request } from '@darkslide/testkit';

const [attack = '', apiUrl = '', apiKey = '', project = '', link = ''] = process.argv.slice(2);

const LINKS = `/v1/i2i/projects/${project}/get_temporary_upload_links`;
const ZEROS = Buffer.from(`{"files_list":[${Array(4_900_000).fill(0).join(',')}]}`);
const NAMES = JSON.stringify({
  files_list: Array.from({ length: 10_000 }, (_, index) => ({ file_name: `${index}.NEF` })),
});

const ATTACKS: Record<string, () => unknown> = {
  none: () => {},
  'millions of zeros': () => repeat(() => post(LINKS, ZEROS)),
  'lists of 10,000 names': () => repeat(() => post(LINKS, Buffer.from(NAMES))),
  '128 slow PUTs by one link'() {
    const { host, pathname, search } = new URL(link);
    const head = `PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\n`;
    holdOpen(link, 128, head);
  },
  '1,024 silent sockets': () => holdOpen(link, 1024, ''),
  'bodies for unknown routes': () => repeat(() => post('/nowhere', ZEROS)),
  '60 clients that never read'() {
    const head = [`POST ${LINKS} HTTP/1.1`, 'host: x', `x-api-key: ${apiKey}`, `content-length: ${NAMES.length}`];
    holdOpen(apiUrl, 60, `${head.join('\r\n')}\r\n\r\n${NAMES}`);
  },
};

const post = (path: string, body: Buffer) =>
  request({ url: apiUrl + path, method: 'POST', headers: { 'x-api-key': apiKey }, body });

/** Four at a time, whatever comes of it. */
function repeat(work: () => Promise<unknown>): void {
  const one = async () => {
    for (;;) await work().catch(() => {});
  };
  for (let count = 0; count < 4; count++) void one();
}

/** Connections that send this much and then neither send nor read. */
function holdOpen(url: string, count: number, text: string): void {
  const { hostname, port } = new URL(url);
  for (let number = 0; number < count; number++) {
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.pause();
    socket.write(text);
  }
}

ATTACKS[attack]?.();
setInterval(() => {}, 1000);
