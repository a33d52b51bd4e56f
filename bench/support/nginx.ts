import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureNginx, freePorts, request, ToolMissingError } from '@darkslide/testkit';

export type Nginx = AsyncDisposable & {
  /** The folder of what was put. */
  files: string;
} & ({ url: string } | { url: undefined; missing: string });

const READY_MS = 10_000;

/** nginx with its DAV module, over a folder: a server that takes files and does nothing else with them. */
export async function startNginx(folder: string): Promise<Nginx> {
  const files = join(folder, 'files');
  let nginx: string;
  try {
    nginx = await ensureNginx();
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    return { files, url: undefined, missing: error.message, [Symbol.asyncDispose]: async () => {} };
  }
  const [port] = await freePorts(1);
  const temporary = join(folder, 'temporary');
  await mkdir(files, { recursive: true });
  await mkdir(temporary);
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configuration({ files, temporary, folder, port: port ?? 0 }));
  const child = spawn(nginx, ['-c', config, '-p', folder, '-e', join(folder, 'errors')], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  await ready(url);
  return {
    files,
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The body goes to a file beside the others and is renamed: no byte is copied. */
const configuration = (options: { files: string; temporary: string; folder: string; port: number }) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes auto;
pid ${options.folder}/pid;
error_log ${options.folder}/errors;
events {}
http {
  access_log off;
  client_max_body_size 0;
  client_body_temp_path ${options.temporary};
  server {
    listen 127.0.0.1:${options.port};
    location / {
      root ${options.files};
      dav_methods PUT;
    }
  }
}
`;

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const answered = await request({ url, timeoutMs: 1000 }).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > deadline) throw new Error('nginx did not start');
    await sleep(20);
  }
}
