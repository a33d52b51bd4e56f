import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Darkslide, pinnedNode, request } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { call, dataOf, newProject } from './support/api-call.ts';
import { watchLoad } from './support/load.ts';
import { peakMegabytes } from './support/peak-memory.ts';

export const description =
  'what an honest client sees beside each attack: uploads of 100 KB by link a second, the longest wait for /healthz ' +
  '(an upper bound of an event-loop stall), and the peak of memory so far';
export const target = 'every attack: honest uploads go on, and no wait is longer than 200 ms';

const SECONDS = 3;
/** An attack is in full swing after this many milliseconds. */
const BEFORE_MS = 1500;
const ATTACKS = [
  'none',
  'millions of zeros',
  'lists of 10,000 names',
  '128 slow PUTs by one link',
  '1,024 silent sockets',
  'bodies for unknown routes',
  '60 clients that never read',
];

export async function run(): Promise<Measurement> {
  const load = watchLoad();
  const rows: Measurement['rows'] = [];
  const ratios: Measurement['ratios'] = [];
  let calm = 0;
  for (const name of ATTACKS) {
    const server = await Darkslide.start();
    try {
      const [victim, honest] = [await newProject(server), await newProject(server)];
      const attacker = await startAttack(server, { name, project: victim });
      const end = AbortSignal.timeout(SECONDS * 1000);
      const [uploads, longest] = await Promise.all([upload(server, honest, end), longestWait(server, end)]);
      attacker.kill('SIGKILL');
      if (name === 'none') calm = uploads;
      else {
        ratios.push({
          name: `${name}: honest uploads, of those without an attack`,
          value: uploads / calm,
          atLeast: 0.01,
        });
      }
      ratios.push({ name: `${name}: longest wait, of 200 ms`, value: longest / 200, atMost: 1 });
      const memory = await peakMegabytes(server);
      const rate = (uploads / SECONDS).toFixed(0);
      rows.push({ side: name, figure: `${rate} a second, wait ${longest.toFixed(0)} ms, ${memory.toFixed(0)} MB` });
    } finally {
      await server.remove();
    }
  }
  return { rows: [...rows, load()], ratios };
}

async function startAttack(server: Darkslide, { name, project }: { name: string; project: string }) {
  const script = join(import.meta.dirname, 'support', 'attacker.ts');
  const link = await linkOf(server, project, 'stolen');
  const attacker = spawn(pinnedNode(), [script, name, server.apiUrl, server.apiKey, project, link.href]);
  await setTimeout(BEFORE_MS);
  return attacker;
}

async function linkOf(server: Darkslide, project: string, name: string): Promise<URL> {
  const answer = await call(server, `/${project}/get_upload_link?file_name=${name}`);
  return new URL(dataOf<{ upload_link: string }>(answer).upload_link);
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
