import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, glob, mkdir, rm, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  bytesMd5,
  fileMd5,
  freePorts,
  root,
  runDarkslide,
  temporaryFolder,
  writePhoto,
  writeShoot,
} from '@darkslide/testkit';
import { data, FAMILIES, PROFILE, SMART_EDITING, uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';

const { target, api } = await useTarget();
const folder = await temporaryFolder();
after(() => folder.remove());

const MiB = 1024 * 1024;
const LIMIT = { timeout: 300_000 };

type Result = Record<string, unknown>;
type Summary = {
  type: 'summary';
  project_uuid: string;
  total: number;
  successful: number;
  failed: number;
  skipped: number;
  bytes: number;
  results: Result[];
};

const environment = {
  DARKSLIDE_URL: target.apiUrl,
  DARKSLIDE_API_KEY: target.accounts.first.apiKey,
  XDG_STATE_HOME: join(folder.path, 'state'),
  HOME: folder.path,
};

/** Runs `darkslide upload`, and returns what it printed and its summary where it has one. */
async function upload(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const result = await runDarkslide(['upload', ...args], {
    cwd: folder.path,
    env: { ...environment, ...env },
    timeoutMs: 240_000,
  });
  const said = result.stdout + result.stderr;
  assert.doesNotMatch(said, /\n\s+at .*:\d+:\d+/, 'no stack trace');
  assert.ok(!said.includes(target.accounts.first.apiKey), 'the key is not printed');
  assert.doesNotMatch(said, /X-Amz-Signature/i, 'no signature is printed');
  return { ...result, said };
}

function summaryOf(stdout: string): Summary {
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  assert.ok(events.every((event) => typeof event.type === 'string'));
  const last = events.at(-1) as Summary;
  assert.equal(last.type, 'summary');
  assert.equal(events.filter((event) => event.type === 'summary').length, 1);
  return last;
}

async function assertArrived(project: string, paths: readonly string[]) {
  const files = await api.files(project);
  assert.equal(files.length, paths.length);
  for (const path of paths) {
    assert.deepEqual(bytesMd5(await api.download(project, basename(path))), await fileMd5(path), path);
  }
}

const projectOf = async (name: string, family: string = PROFILE) => {
  const answer = await api.get(`${family}/${encodeURIComponent(name)}/uuid`);
  return `${family}/${data<{ project_uuid: string }>(answer).project_uuid}`;
};

describe('darkslide upload', () => {
  for (const [flow, family] of [
    ['profile', PROFILE],
    ['smart-editing', SMART_EDITING],
  ] as const) {
    it(`sends a shoot in the ${flow} flow, large files by multipart [L10.1, L10.2, L10.3, L10.7]`, LIMIT, async () => {
      const path = join(folder.path, `shoot-${flow}`);
      // Two brackets of three frames, and one that is surely sent in parts.
      const sizes = [1_000_000, 1_000_001, 0, 500_000, 6 * MiB, 3, 150 * MiB];
      const photos = await writeShoot({ folder: path, seed: flow, sizes: sizes.map((size) => size || 1) });
      const name = uniqueName('CLI');
      const { code, stdout, said } = await upload([path, '--project', name, '--flow', flow, '--json']);
      assert.equal(code, 0, said);
      const { project_uuid: uuid, total, successful, failed, skipped, bytes, results } = summaryOf(stdout);
      assert.deepEqual({ total, successful, failed, skipped }, { total: 7, successful: 7, failed: 0, skipped: 0 });
      assert.equal(
        bytes,
        photos.reduce((sum, photo) => sum + photo.size, 0),
      );
      assert.equal(results.length, 7);
      assert.equal(`${family}/${uuid}`, await projectOf(name, family));
      await assertArrived(
        `${family}/${uuid}`,
        photos.map((photo) => photo.path),
      );
      const multipart = await api.file(`${family}/${uuid}`, 'DSC_0007.NEF');
      assert.match(multipart.etag ?? '', /^[0-9a-f]{32}-\d+$/, 'the large one went in parts');
      const open = data<{ uploads: unknown[] }>(await api.get(`${family}/${uuid}/multipart_uploads`));
      assert.deepEqual(open.uploads, [], 'no upload is left open');
    });
  }

  it('speaks plain lines without --json, and ends by saying what arrived [L10.1, L10.2]', LIMIT, async () => {
    const path = join(folder.path, 'plain');
    const photos = await writeShoot({ folder: path, seed: 'plain', sizes: [1000, 2000, 3000], extension: '.JPG' });
    const name = uniqueName('Plain');
    const { code, stdout, said } = await upload([path, '--project', name]);
    assert.equal(code, 0, said);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are what it looks for
    assert.doesNotMatch(stdout, /\u001b\[|\r/, 'no terminal control where there is no terminal');
    assert.match(stdout.trim().split('\n').at(-1) ?? '', /\b3\b/);
    await assertArrived(
      await projectOf(name),
      photos.map((photo) => photo.path),
    );
  });

  it('takes files and several folders, and walks into subfolders [L10.1]', LIMIT, async () => {
    const base = join(folder.path, 'nested');
    const photos = [
      ...(await writeShoot({ folder: join(base, 'a/b'), seed: 1, sizes: [10, 20], prefix: 'A_' })),
      ...(await writeShoot({ folder: join(base, 'c'), seed: 2, sizes: [30], prefix: 'Ü b_' })),
      ...(await writeShoot({ folder: join(base, 'single'), seed: 3, sizes: [40], prefix: 'S_' })),
    ];
    const name = uniqueName('Nested');
    const args = [join(base, 'a'), join(base, 'c'), photos.at(-1)?.path as string, '--project', name, '--json'];
    const { code, said } = await upload(args);
    assert.equal(code, 0, said);
    await assertArrived(
      await projectOf(name),
      photos.map((photo) => photo.path),
    );
  });

  it('reports a file that it can not read, and sends the others [L10.4, L10.2]', LIMIT, async () => {
    const path = join(folder.path, 'unreadable');
    const photos = await writeShoot({ folder: path, seed: 'unreadable', sizes: [1000, 2000] });
    // Root reads whatever the mode says; but not a dangling link.
    const bad = join(path, 'DSC_0009.NEF');
    if (process.getuid?.() === 0) await symlink(join(path, 'gone'), bad);
    else {
      await writePhoto(bad, { seed: 1, size: 10 });
      await chmod(bad, 0);
    }
    const name = uniqueName('Unreadable');
    const { code, stdout } = await upload([path, '--project', name, '--json']);
    assert.equal(code, 1);
    const summary = summaryOf(stdout);
    assert.equal(summary.successful, 2);
    assert.equal(summary.failed, 1);
    const failed = summary.results.filter((result) => JSON.stringify(result).includes('DSC_0009.NEF'));
    assert.equal(failed.length, 1);
    const project = await projectOf(name);
    for (const photo of photos) assert.equal((await api.file(project, photo.name)).status, 'uploaded');
  });

  it('finds two files of one name before a byte is sent [L10.5, L10.2]', LIMIT, async () => {
    const base = join(folder.path, 'twins');
    for (const card of ['card-1', 'card-2']) await writeShoot({ folder: join(base, card), seed: card, sizes: [1000] });
    const name = uniqueName('Twins');
    const { code, said } = await upload([base, '--project', name]);
    assert.ok(code === 1 || code === 2, `exit code ${code}`);
    for (const card of ['card-1', 'card-2']) assert.ok(said.includes(join(card, 'DSC_0001.NEF')), said);
    const answer = await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`);
    if (answer.status === 200) {
      const files = await api.files(await projectOf(name));
      assert.ok(
        files.every(({ status }) => status === 'pending'),
        'nothing was sent',
      );
    }
  });

  it('refuses wrong use with 2 and a hint [L10.2]', LIMIT, async () => {
    const path = join(folder.path, 'wrong');
    await writeShoot({ folder: path, seed: 'wrong', sizes: [10] });
    const project = ['--project', uniqueName('Wrong')];
    const cases: [what: string, args: string[], env?: Record<string, string | undefined>][] = [
      ['no path', [...project]],
      ['no project', [path]],
      ['an unknown flow', [path, ...project, '--flow', 'other']],
      ['an unknown option', [path, ...project, '--nonsense']],
      ['a path that is not there', [join(folder.path, 'nobody'), ...project]],
      ['no key', [path, ...project], { DARKSLIDE_API_KEY: undefined }],
      ['a URL that is none', [path, ...project], { DARKSLIDE_URL: 'nonsense' }],
    ];
    for (const [what, args, env] of cases) {
      const { code, said, stderr } = await upload(args, env);
      assert.equal(code, 2, `${what}: ${said}`);
      assert.ok(stderr.trim() !== '', what);
    }
  });

  it('says in a sentence that the key is wrong, or that no server responds [L10.6, L10.2, L10.7]', LIMIT, async () => {
    const path = join(folder.path, 'down');
    await writeShoot({ folder: path, seed: 'down', sizes: [10] });
    const project = ['--project', uniqueName('Down')];
    const wrong = await upload([path, ...project], { DARKSLIDE_API_KEY: 'nonsense-key-nobody-knows' });
    assert.ok(wrong.code === 1 || wrong.code === 2, String(wrong.code));
    assert.match(wrong.said, /API key/i);
    assert.ok(!wrong.said.includes('nonsense-key-nobody-knows'));
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const down = await upload([path, ...project], { DARKSLIDE_URL: url });
    assert.ok(down.code === 1 || down.code === 2, String(down.code));
    assert.ok(down.said.includes(url) || down.said.includes(`127.0.0.1:${port}`), down.said);
  });

  it('sends nothing where there is nothing, and says so [L10.2, L10.3]', LIMIT, async () => {
    const empty = join(folder.path, 'empty');
    await mkdir(empty, { recursive: true });
    const { code, said } = await upload([empty, '--project', uniqueName('Empty')]);
    assert.ok(code === 0 || code === 2, String(code));
    assert.match(said, /no photo|nothing|no file|0 files/i);
  });

  it('goes on in a project that exists [L10.1]', LIMIT, async () => {
    const path = join(folder.path, 'existing');
    const photos = await writeShoot({ folder: path, seed: 'existing', sizes: [1000] });
    const name = uniqueName('Existing');
    await api.newProject(PROFILE, name);
    const { code, said } = await upload([path, '--project', name]);
    assert.equal(code, 0, said);
    await assertArrived(
      await projectOf(name),
      photos.map((photo) => photo.path),
    );
    await rm(path, { recursive: true });
  });
});

describe('real photos', () => {
  const photosFolder = resolve(root, '..', 'shared', 'photos');
  const skip = existsSync(photosFolder) ? false : `there is no ${photosFolder}`;

  for (const family of FAMILIES) {
    it(`arrive byte for byte under ${family} [L10.1, L10.2, L10.3]`, { ...LIMIT, skip }, async () => {
      const paths: string[] = [];
      for await (const entry of glob('**/*', { cwd: photosFolder, withFileTypes: true })) {
        if (
          entry.isFile() &&
          /\.(jpe?g|heic|tiff?|cr[23w]|dng|raf|mrw|nef|orf|rw2|arw|pef|x3f|srw|iiq|3fr|erf|kdc|dcr|mos)$/i.test(
            entry.name,
          )
        ) {
          paths.push(join(entry.parentPath, entry.name));
        }
      }
      const flow = family === PROFILE ? 'profile' : 'smart-editing';
      const { code, stdout, said } = await upload([
        photosFolder,
        '--project',
        uniqueName('Real'),
        '--flow',
        flow,
        '--duplicates',
        'rename',
        '--json',
      ]);
      assert.equal(code, 0, said.slice(-3000));
      const { project_uuid: uuid, failed, results } = summaryOf(stdout);
      assert.equal(failed, 0);
      const nameOf = new Map(results.map(({ path, name }) => [path as string, name as string]));
      const names = new Set((await api.files(`${family}/${uuid}`)).map((file) => file.file_name));
      for (const path of paths) assert.ok(names.has(nameOf.get(path) ?? ''), path);
      for (const path of paths.filter((_, index) => index % 5 === 0)) {
        const stored = await api.download(`${family}/${uuid}`, nameOf.get(path) ?? '');
        assert.deepEqual(bytesMd5(stored), await fileMd5(path), path);
      }
    });
  }
});
