import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  ensureNodeModules,
  freePorts,
  pinnedNode,
  root,
  runOk,
  startChromium,
  temporaryFolder,
  writeShoot,
} from '@darkslide/testkit';
import { Api, data } from '../support/api.ts';
import { assertWhole } from '../support/shoots.ts';
import { startServer } from '../support/target.ts';
import { UploadPage } from '../support/upload-page.ts';

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };
const EXAMPLES = join(root, 'examples');
const TSC = join(root, 'node_modules', '.bin', 'tsc');

const [port] = (await freePorts(1)) as [number];
const origin = `http://localhost:${port}`;
const darkslide = await startServer({ env: { DARKSLIDE_ALLOWED_ORIGINS: origin } });
const api = new Api({ apiUrl: darkslide.apiUrl, apiKey: darkslide.apiKey });
const browser = await startChromium();
const folder = await temporaryFolder('darkslide-embed');
after(async () => {
  await browser.close();
  await darkslide.remove();
  await folder.remove();
});

/** The platform's server, with the page of this folder. */
async function startPlatform(page: string): Promise<AsyncDisposable> {
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    DARKSLIDE_URL: darkslide.apiUrl,
    DARKSLIDE_API_KEY: darkslide.apiKey,
    PORT: String(port),
  };
  const args = [join(EXAMPLES, 'embed-html', 'server.mjs'), page];
  const child = spawn(pinnedNode(), args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => assert.fail('It ended at once.'))]);
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

/** Signs a customer in, in a browser of their own, and uploads some photos. */
async function assertUploads(name: string, { full, sizes }: { full: string; sizes: number[] }): Promise<void> {
  const photos = await writeShoot({ folder: join(folder.path, name), seed: name, sizes });
  const page = await UploadPage.open(browser, `${origin}/sign-in?as=${name}`);
  await page.page.getByText(`You are signed in as ${full}.`).waitFor();
  await page.main.getByText(`Upload photos to Photos of ${full}`).waitFor();
  await page.assertAccessible('before');
  await page.choose(
    'files',
    photos.map(({ path }) => path),
  );
  assert.equal((await page.summary()).successful, photos.length);
  assert.equal(page.page.workers().length, 2, 'the engine runs in a worker, and what reads photos in another');
  await page.page.getByText(`Thank you: ${photos.length} photos are stored.`).waitFor();
  await assertWhole(api, `Photos of ${full}`, photos);

  // After a reload only what storage does not hold would be sent.
  await page.page.reload();
  await page.choose(
    'files',
    photos.map(({ path }) => path),
  );
  assert.equal((await page.summary()).skipped, photos.length);
  assert.deepEqual(page.complaints, []);
  await page.close();
}

/** A copy of an example, with the packages that it asks for. */
async function copyOf(example: string, nodeModules: string): Promise<string> {
  const copy = join(folder.path, example);
  const filter = (path: string) => !/node_modules|\.next/.test(path.slice(EXAMPLES.length));
  await cp(join(EXAMPLES, example), copy, { recursive: true, filter });
  await symlink(nodeModules, join(copy, 'node_modules'));
  return copy;
}

describe('pages of a platform that embed the uploader', () => {
  it('plain HTML: each customer uploads into a project of their own, and gets no API key [L9.34]', LIMIT, async () => {
    await using _platform = await startPlatform(join(EXAMPLES, 'embed-html'));
    const refused = await fetch(`${origin}/upload-token`, { method: 'POST' });
    assert.equal(refused.status, 401);
    const visitor = await UploadPage.open(browser, origin);
    await visitor.page.getByRole('link', { name: 'Anna' }).waitFor();
    await visitor.assertAccessible('signed out');
    await visitor.close();

    await assertUploads('anna', { full: 'Anna Smith', sizes: [MiB, 1, 70 * MiB] });

    const [cookie = ''] = (await fetch(`${origin}/sign-in?as=ben`, { redirect: 'manual' })).headers.getSetCookie();
    const response = await fetch(`${origin}/upload-token`, { method: 'POST', headers: { cookie } });
    const { token, ...given } = (await response.json()) as { token: string };
    assert.deepEqual(given, { server: api.url, customer: 'Ben Jones' });
    const own = await new Api({ apiUrl: api.url, apiKey: token }).get('/v1/upload_token');
    assert.equal(data<{ project_name: string }>(own).project_name, 'Photos of Ben Jones');
  });

  it('React: the wrapper has types, is built, and uploads', LIMIT, async () => {
    const nodeModules = await ensureNodeModules(join(EXAMPLES, 'embed-react', 'package.json'));
    const copy = await copyOf('embed-react', nodeModules);
    await runOk(TSC, ['--project', copy]);
    await runOk('npm', ['run', 'build'], { cwd: copy });
    await using _platform = await startPlatform(copy);
    await assertUploads('ben', { full: 'Ben Jones', sizes: [3000, 20 * MiB] });
  });

  it('Next.js: route handlers and pages have types, and the wrapper is that of React', LIMIT, async () => {
    const wrapper = 'darkslide-uploader.tsx';
    const [forReact, forNext] = await Promise.all(
      [join('embed-react', wrapper), join('embed-next', 'app', wrapper)].map((file) =>
        readFile(join(EXAMPLES, file), 'utf8'),
      ),
    );
    assert.equal(forNext, forReact);
    const nodeModules = await ensureNodeModules(join(EXAMPLES, 'embed-react', 'package.json'));
    const copy = await copyOf('embed-next', nodeModules);
    await runOk(TSC, ['--project', copy, '--typeRoots', join(root, 'node_modules', '@types')]);
  });
});
