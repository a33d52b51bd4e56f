/** `npm run pack:smoke`: packs, installs elsewhere, and there asks for the version, serves, and uploads one file. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pack } from './pack.ts';
import { ENVIRONMENT, run } from './run.ts';

const READY_MS = 30_000;

const folder = await mkdtemp(join(tmpdir(), 'darkslide-pack-'));
const darkslide = join(folder, 'node_modules', '.bin', 'darkslide');
const environment: NodeJS.ProcessEnv = {
  ...ENVIRONMENT,
  DARKSLIDE_DATA_DIR: join(folder, 'data'),
  DARKSLIDE_PORT: '0',
  DARKSLIDE_STORE_PORT: '0',
};

try {
  const tarballs = await pack();
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  await run('npm', ['install', '--silent', '--no-package-lock', ...tarballs], { cwd: folder });
  const version = await promisify(execFile)(darkslide, ['--version'], { env: environment });
  console.log(`darkslide --version: ${version.stdout.trim()}`);
  await serveAndUpload();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function serveAndUpload(): Promise<void> {
  const shoot = join(folder, 'shoot');
  await mkdir(shoot);
  await writeFile(join(shoot, 'DSC_0001.NEF'), randomBytes(300_000));
  const server = spawn(darkslide, ['serve'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await apiUrl(server);
    const { stdout } = await promisify(execFile)(darkslide, ['upload', shoot, '--project', 'Packed', '--json'], {
      cwd: folder,
      env: { ...environment, DARKSLIDE_URL: url },
    });
    const summary = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    if (summary.successful !== 1 || summary.failed !== 0) throw new Error(`the upload failed: ${stdout}`);
    const page = await fetch(`${url}/upload`);
    const script = await fetch(`${url}/upload/uploader.js`);
    if (!page.ok || !script.ok) throw new Error(`the upload page: ${page.status}, its script: ${script.status}`);
    console.log(`uploaded ${summary.successful} file, ${summary.bytes} bytes`);
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

/** The API's address, from the lines that `serve` prints once it is ready. */
async function apiUrl(server: ChildProcess): Promise<string> {
  let printed = '';
  const ready = new Promise<string>((resolve, reject) => {
    server.stdout?.on('data', (chunk) => {
      printed += chunk;
      const url = /API\s+(http:\S+)/.exec(printed)?.[1];
      if (url) resolve(url);
    });
    server.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${printed}`)));
    setTimeout(() => reject(new Error(`serve was not ready after ${READY_MS} ms: ${printed}`)), READY_MS).unref();
  });
  return ready;
}
