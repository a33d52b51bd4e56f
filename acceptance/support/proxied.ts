import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import {
  type Darkslide,
  FaultProxy,
  freePorts,
  givenEngines,
  pinnedNode,
  root,
  temporaryFolder,
} from '@darkslide/testkit';
import { Api } from './api.ts';
import { startServer } from './target.ts';

/** A server of its own whose API and storage are reached through proxies that misbehave as told. */
export type Proxied = {
  server: Darkslide;
  /** Calls that no proxy is in the way of. */
  api: Api;
  apiProxy: FaultProxy;
  storageProxy: FaultProxy;
  /** A folder for photos and the client's journal. */
  folder: string;
  /** Starts the client's command line, in this folder; `through` is a command that starts the one after it. */
  client(args: readonly string[], env?: Readonly<Record<string, string>>, through?: readonly string[]): RunningClient;
  remove(): Promise<void>;
};

type RunningClient = {
  child: ChildProcess;
  /** What it ended with, when it has: exit code (null when killed), the signal that ended it, and output. */
  ended: Promise<ClientEnd>;
  /** What it said so far. */
  stdout(): string;
  /** Resolves when standard output holds this. */
  said(text: string | ((stdout: string) => boolean)): Promise<void>;
};

type ClientEnd = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

export async function startProxied(env: Record<string, string> = {}): Promise<Proxied> {
  const [storePort] = await freePorts(1);
  const { s3 } = await givenEngines();
  const storageProxy = await FaultProxy.start({ target: s3?.endpoint ?? `http://127.0.0.1:${storePort}` });
  const folder = await temporaryFolder('darkslide-proxied');
  const server = await startServer({
    env: { DARKSLIDE_STORE_PORT: String(storePort), DARKSLIDE_PUBLIC_STORE_URL: storageProxy.url, ...env },
  });
  const apiProxy = await FaultProxy.start({ target: server.apiUrl });
  const environment = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    DARKSLIDE_URL: apiProxy.url,
    DARKSLIDE_API_KEY: server.apiKey,
    XDG_STATE_HOME: join(folder.path, 'state'),
  };
  return {
    server,
    api: new Api({ apiUrl: server.apiUrl, apiKey: server.apiKey }),
    apiProxy,
    storageProxy,
    folder: folder.path,
    client: (args, more, through) => run(args, { cwd: folder.path, env: { ...environment, ...more } }, through),
    async remove() {
      await Promise.all([apiProxy.close(), storageProxy.close()]);
      await server.remove();
      await folder.remove();
    },
  };
}

/** The same for the specs of a file: whole again after each of them, and removed after the last. */
export async function useProxied(env: Record<string, string> = {}): Promise<Proxied> {
  const proxied = await startProxied(env);
  after(proxied.remove);
  afterEach(() => {
    for (const proxy of [proxied.apiProxy, proxied.storageProxy]) {
      proxy.heal();
      proxy.bandwidth = undefined;
    }
  });
  return proxied;
}

const BINARY = join(root, 'packages', 'darkslide', 'bin', 'darkslide.js');

function run(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
  through: readonly string[] = [],
): RunningClient {
  const [program, ...rest] = [...through, pinnedNode(), BINARY, ...args];
  const child = spawn(program as string, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]): ClientEnd => ({ code, signal, stdout, stderr }));
  const said: RunningClient['said'] = async (text) => {
    while (!(typeof text === 'string' ? stdout.includes(text) : text(stdout))) {
      const [chunk] = await Promise.race([once(child.stdout, 'data'), ended.then(() => [undefined])]);
      if (chunk === undefined) throw new Error(`It ended without saying ${text}:\n${stdout}${stderr}`);
    }
  };
  return { child, ended, said, stdout: () => stdout };
}
