import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../http-client.ts';
import { freePorts } from '../ports.ts';
import { temporaryFolder } from '../temporary.ts';
import { root } from '../workspace.ts';
import { Daemon } from './daemon.ts';
import { ensureNginx } from './programs.ts';

/** One request as nginx logged it. */
export type ProxiedAnswer = {
  /** When it ended, in milliseconds since 1970. */
  time: number;
  method: string;
  path: string;
  status: number;
  /** Of the nodes that were asked, in order, separated by commas. */
  nodeStatuses: string;
};

export type Nginx = {
  url: string;
  /** Every request that has ended, in that order. */
  answers(): Promise<ProxiedAnswer[]>;
  remove(): Promise<void>;
};

const LOG_FORMAT =
  `'{"time":"$msec","method":"$request_method","path":"$uri","status":$status,` + `"nodeStatuses":"$upstream_status"}'`;

/**
 * nginx before several API nodes, by the configuration that darkslide ships.
 * @throws {ToolMissingError} when there is no nginx and none can be installed.
 */
export async function startNginx({ nodes }: { nodes: readonly string[] }): Promise<Nginx> {
  const [port = 0] = await freePorts(1);
  const shipped = await readFile(join(root, 'deploy', 'nginx', 'darkslide.conf'), 'utf8');
  return startNginxWith(adapted(shipped, { nodes, port }), { url: `http://127.0.0.1:${port}` });
}

/** nginx with the given `server` blocks, one of which listens at the URL. @throws {ToolMissingError} as above. */
export async function startNginxWith(site: string, { url }: { url: string }): Promise<Nginx> {
  const command = await ensureNginx();
  const folder = await temporaryFolder('darkslide-nginx');
  const [config, siteFile, log] = ['nginx.conf', 'site.conf', 'access.log'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(siteFile, site);
  await writeFile(config, frame({ folder: folder.path, site: siteFile, log }));
  const server = new Daemon({
    command,
    args: ['-c', config, '-p', folder.path, '-e', join(folder.path, 'errors')],
    folder: folder.path,
    name: 'nginx',
  });
  const isReady = () =>
    request({ url, timeoutMs: 2000 }).then(
      () => true,
      () => false,
    );
  await server.start(isReady);
  return {
    url,
    answers: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean).map(readLine),
    remove: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

/** These nodes instead of the example's, and http on this machine instead of https. */
function adapted(shipped: string, { nodes, port }: { nodes: readonly string[]; port: number }): string {
  const [, options] = /^\s*server \d\S+ (.*)$/m.exec(shipped) ?? [];
  if (options === undefined) throw new Error('deploy/nginx/darkslide.conf names no node.');
  const servers = nodes.map((url) => `server ${new URL(url).host} ${options}`).join('\n');
  return shipped
    .replace(/^\s*server \d\S+ .*$/m, servers)
    .replace(/^\s*server 10\..*$/gm, '')
    .replace(/^\s*ssl_.*$/gm, '')
    .replace(/listen .*;/, `listen 127.0.0.1:${port};`);
}

const frame = ({ folder, site, log }: { folder: string; site: string; log: string }) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
pid ${folder}/pid;
events { worker_connections 4096; }
http {
  log_format requests escape=json ${LOG_FORMAT};
  access_log ${log} requests;
  client_body_temp_path ${folder}/bodies;
  include ${site};
}
`;

function readLine(line: string): ProxiedAnswer {
  const { time, ...answer } = JSON.parse(line) as Omit<ProxiedAnswer, 'time'> & { time: string };
  return { ...answer, time: Number(time) * 1000 };
}
