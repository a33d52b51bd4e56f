import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Darkslide, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { call, dataOf, newProject } from './support/api-call.ts';
import { watchLoad } from './support/load.ts';
import { peakMegabytes } from './support/peak-memory.ts';

export const description =
  'what an honest client sees beside each attack: uploads of 100 KB by link a second, the longest wait for /healthz ' +
  '(an upper bound of an event-loop stall), and the peak of memory so far';
export const target = 'every attack: honest uploads go on';

const SECONDS = 3;
const ZEROS = `{"files_list":[${Array(4_900_000).fill(0).join(',')}]}`;
const NAMES = JSON.stringify({
  files_list: Array.from({ length: 10_000 }, (_, index) => ({ file_name: `${index}.NEF` })),
});

type Attack = (server: Darkslide, project: string, signal: AbortSignal) => Promise<unknown>;

const ATTACKS: Record<string, Attack> = {
  none: async () => {},
  'millions of zeros': (server, project, signal) => repeat(signal, () => post(server, links(project), ZEROS)),
  'lists of 10,000 names': (server, project, signal) => repeat(signal, () => post(server, links(project), NAMES)),
  '128 slow PUTs by one link': async (server, project, signal) => {
    const link = await linkOf(server, project, 'stolen');
    const head = `PUT ${link.pathname}${link.search} HTTP/1.1\r\nhost: ${link.host}\r\ncontent-length: 1000000\r\n\r\n`;
    await holdOpen(link, 128, head, signal);
  },
  '1,024 silent sockets': async (server, project, signal) =>
    holdOpen(await linkOf(server, project, 'any'), 1024, '', signal),
  'bodies for unknown routes': (server, _, signal) => repeat(signal, () => post(server, '/nowhere', ZEROS)),
  '60 clients that never read': async (server, project, signal) => {
    const head = [`POST ${links(project)} HTTP/1.1`, 'host: x', `x-api-key: ${server.apiKey}`];
    const text = `${head.join('\r\n')}\r\ncontent-length: ${NAMES.length}\r\n\r\n${NAMES}`;
    await holdOpen(new URL(server.apiUrl), 60, text, signal);
  },
};

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const rows: Measurement['rows'] = [];
  const ratios: Measurement['ratios'] = [];
  let calm = 0;
  for (const [name, attack] of Object.entries(ATTACKS)) {
    const server = await Darkslide.start();
    try {
      const [victim, honest] = [await newProject(server), await newProject(server)];
      const end = AbortSignal.timeout(SECONDS * 1000);
      const attacking = attack(server, victim, end).catch(() => {});
      const [uploads, longest] = await Promise.all([upload(server, honest, end), longestWait(server, end), attacking]);
      if (name === 'none') calm = uploads;
      else {
        ratios.push({
          name: `${name}: honest uploads, of those without an attack`,
          value: uploads / calm,
          atLeast: 0.1,
        });
      }
      const memory = await peakMegabytes(server);
      const rate = (uploads / SECONDS).toFixed(0);
      rows.push({ side: name, figure: `${rate} a second, wait ${longest.toFixed(0)} ms, ${memory.toFixed(0)} MB` });
    } finally {
      await server.remove();
    }
  }
  return { rows: [...rows, load()], ratios };
}

const links = (project: string) => `/v1/i2i/projects/${project}/get_temporary_upload_links`;

async function linkOf(server: Darkslide, project: string, name: string): Promise<URL> {
  const answer = await call(server, `/${project}/get_upload_link?file_name=${name}`);
  return new URL(dataOf<{ upload_link: string }>(answer).upload_link);
}

const post = ({ apiUrl, apiKey }: Darkslide, path: string, body: string) =>
  request({ url: apiUrl + path, method: 'POST', headers: { 'x-api-key': apiKey }, body });

/** Four at a time, whatever comes of it. */
async function repeat(signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  const one = async () => {
    while (!signal.aborted) await work().catch(() => {});
  };
  await Promise.all(Array.from({ length: 4 }, one));
}

/** Connections that send this much and then neither send nor read. */
async function holdOpen({ hostname, port }: URL, count: number, text: string, signal: AbortSignal): Promise<void> {
  const sockets: Socket[] = [];
  for (let number = 0; number < count; number++) {
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.pause();
    socket.write(text);
    sockets.push(socket);
  }
  if (!signal.aborted) await once(signal, 'abort');
  for (const socket of sockets) socket.destroy();
}

/** How many uploads arrived. */
async function upload(server: Darkslide, project: string, signal: AbortSignal): Promise<number> {
  const body = Buffer.alloc(100_000);
  let arrived = 0;
  while (!signal.aborted) {
    const put = async () => {
      const url = await linkOf(server, project, `${arrived}.NEF`);
      return (await request({ url, method: 'PUT', headers: { 'content-type': '' }, body })).status;
    };
    if ((await put().catch(() => 0)) === 200) arrived += 1;
    else await setTimeout(20);
  }
  return arrived;
}

async function longestWait({ apiUrl }: Darkslide, signal: AbortSignal): Promise<number> {
  let longest = 0;
  while (!signal.aborted) {
    const began = performance.now();
    await request({ url: `${apiUrl}/healthz` }).catch(() => {});
    longest = Math.max(longest, performance.now() - began);
    await setTimeout(20);
  }
  return longest;
}
