import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { parseEnv } from 'node:util';
import {
  bytesMd5,
  ensureCurl,
  ensureJq,
  ensurePythonTools,
  fileMd5,
  freePorts,
  type Photo,
  pinnedNode,
  root,
  runOk,
  startNginxWith,
  temporaryFolder,
  writeShoot,
} from '@darkslide/testkit';
import { Api, PROFILE, SMART_EDITING } from '../support/api.ts';
import { startServer, useTarget } from '../support/target.ts';

const MiB = 1024 * 1024;
const EXAMPLES = join(root, 'examples');

const { target, api } = await useTarget();

type Example = {
  command: string;
  args(folder: string, photos: readonly Photo[]): string[];
  family?: typeof PROFILE | typeof SMART_EDITING;
};

/** Runs an example as its reader would, and compares what is stored with what was sent. */
async function assertUploads(
  { command, args, family = PROFILE }: Example,
  { sizes, as = api }: { sizes: number[]; as?: Api },
): Promise<void> {
  await using folder = await temporaryFolder();
  const photos = await writeShoot({ folder: folder.path, seed: 1, sizes });
  const env = { DARKSLIDE_URL: as.url, DARKSLIDE_API_KEY: apiKeys.get(as), NODE_TEST_CONTEXT: undefined };
  const { stdout } = await runOk(command, args(folder.path, photos), { env, timeoutMs: 300_000 });
  const uuid = /^project ([0-9a-f-]{36})$/m.exec(stdout)?.[1];
  assert.ok(uuid, stdout);
  const project = `${family}/${uuid}`;
  assert.equal((await as.files(project)).length, photos.length);
  for (const { path, name } of photos) {
    assert.deepEqual(bytesMd5(await as.download(project, name)), await fileMd5(path), name);
  }
}

const apiKeys = new Map([[api, target.accounts.first.apiKey]]);
const paths = (photos: readonly Photo[]) => photos.map(({ path }) => path);

const curl: Example = { command: 'sh', args: (_, photos) => [join(EXAMPLES, 'curl', 'upload.sh'), ...paths(photos)] };

it('curl uploads photos [L7.1]', async () => {
  await Promise.all([ensureCurl(), ensureJq()]);
  await assertUploads(curl, { sizes: [300_000, 0, 5 * MiB] });
});

it('Node without a package uploads photos, large ones in parts', async () => {
  const script = join(EXAMPLES, 'node', 'upload.mjs');
  const example: Example = {
    command: pinnedNode(),
    args: (_, photos) => [script, ...paths(photos)],
    family: SMART_EDITING,
  };
  await assertUploads(example, { sizes: [300_000, 64 * MiB + 1] });
});

it('TypeScript with the SDK uploads a folder', async () => {
  const script = join(EXAMPLES, 'typescript', 'upload.ts');
  await assertUploads({ command: pinnedNode(), args: (folder) => [script, folder] }, { sizes: [300_000, 5] });
});

it("Python with the vendor's SDK uploads photos [L7.2]", { timeout: 600_000 }, async () => {
  const { python } = await ensurePythonTools();
  const wanted = await readFile(join(EXAMPLES, 'python', 'requirements.txt'), 'utf8');
  const { stdout: installed } = await runOk(python, ['-m', 'pip', 'freeze']);
  assert.ok(installed.includes(wanted.trim()), 'The example asks for the version that the specs run.');
  const script = join(EXAMPLES, 'python', 'upload.py');
  await assertUploads({ command: python, args: (_, photos) => [script, ...paths(photos)] }, { sizes: [300_000, 5] });
});

it('a receiver behind nginx takes photos by its two names', async () => {
  await Promise.all([ensureCurl(), ensureJq()]);
  const folder = join(EXAMPLES, 'receiver-behind-nginx');
  const [apiPort, storePort] = (await freePorts(2)) as [number, number];
  const shipped = parseEnv(await readFile(join(folder, 'darkslide.env'), 'utf8'));
  const { DARKSLIDE_HOST: _host, DARKSLIDE_PORT: _port, DARKSLIDE_STORE_PORT: _storePort, ...env } = shipped;
  assert.equal(env.DARKSLIDE_PUBLIC_STORE_URL, 'https://photos.example.com');
  const publicStoreUrl = `http://127.0.0.1:${storePort}`;
  const server = await startServer({ env: { ...env, DARKSLIDE_PUBLIC_STORE_URL: publicStoreUrl } });
  try {
    // The file's two server blocks, on free ports of this machine and without certificates.
    const [listenApi, listenStore] = [apiPort, storePort].map((port) => `listen 127.0.0.1:${port};`);
    const site = (await readFile(join(folder, 'nginx.conf'), 'utf8'))
      .replace(/^\s*ssl_.*$/gm, '')
      .replace('listen 443 ssl;', listenApi as string)
      .replace('listen 443 ssl;', listenStore as string)
      .replace('http://127.0.0.1:8080', server.apiUrl)
      .replace('http://127.0.0.1:9000', server.s3.endpoint);
    const nginx = await startNginxWith(site, { url: `http://127.0.0.1:${apiPort}` });
    try {
      const behind = new Api({ apiUrl: nginx.url, apiKey: server.apiKey });
      apiKeys.set(behind, server.apiKey);
      await assertUploads(curl, { sizes: [300_000, 20 * MiB], as: behind });
      const puts = (await nginx.answers()).filter(({ method }) => method === 'PUT');
      assert.deepEqual(
        puts.map(({ status }) => status),
        [200, 200],
      );
    } finally {
      await nginx.remove();
    }
  } finally {
    await server.remove();
  }
});
