import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type ServedCloud, serveCloud } from '../../test/fakes/cloud-over-http.ts';
import { MIB } from '../../test/fakes/harness.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { ConfigurationError, createClient } from '../index.ts';

let folder = '';
let served: ServedCloud;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkslide-sdk-'));
  served = await serveCloud();
});
after(async () => {
  await served.close();
  await rm(folder, { recursive: true });
});

async function card(name: string, files: Record<string, Uint8Array>): Promise<string> {
  const path = join(folder, name);
  for (const [file, bytes] of Object.entries(files)) {
    const target = join(path, file);
    await mkdir(join(target, '..'), { recursive: true });
    await writeFile(target, bytes);
  }
  return path;
}

const connect = () => createClient({ url: served.url, apiKey: served.apiKey, stateFolder: join(folder, 'state') });

describe('a client on Node', () => {
  test('sends what is on disk, over HTTP, large files in parts', async () => {
    const files = {
      'DCIM/100/IMG_1.NEF': photoBytes(300_000, 1),
      'DCIM/100/IMG_1.xmp': photoBytes(100, 2),
      'DCIM/101/IMG_2.NEF': photoBytes(40 * MIB, 3),
    };
    const path = await card('sends', {
      ...files,
      'DCIM/notes.txt': photoBytes(10, 4),
      'DCIM/100/._IMG_1.NEF': photoBytes(10, 5),
    });
    const client = connect();
    const summary = await client.upload({ project: 'Sends', paths: [path], multipartAbove: 8 * MIB });
    client.close();
    assert.deepEqual(
      summary.results.map(({ name, status }) => [name, status]),
      [
        ['IMG_1.NEF', 'uploaded'],
        ['IMG_1.xmp', 'uploaded'],
        ['IMG_2.NEF', 'uploaded'],
      ],
    );
    const project = [...served.cloud.projects.values()].find(({ name }) => name === 'Sends');
    for (const [file, bytes] of Object.entries(files)) {
      const stored = project?.files.get(file.split('/').at(-1) ?? '');
      assert.ok(stored && Buffer.compare(stored.bytes, bytes) === 0, file);
    }
  });

  test('finds files by folder, name, glob and link, each once', async () => {
    const path = await card('finds', {
      'a/1.jpg': photoBytes(1, 1),
      'a/b/2.jpg': photoBytes(1, 2),
      '3.txt': photoBytes(1, 3),
    });
    await symlink(join(path, 'a'), join(path, 'again'));
    await symlink(path, join(path, 'a', 'loop'));
    const client = connect();
    const namesOf = async (paths: string[], all = false) =>
      (await client.plan({ paths, all })).files.map(({ name }) => name);
    assert.deepEqual(await namesOf([path]), ['1.jpg', '2.jpg']);
    assert.deepEqual(await namesOf([path], true), ['3.txt', '1.jpg', '2.jpg']);
    assert.deepEqual(await namesOf([join(path, 'a', '1.jpg'), path]), ['1.jpg', '2.jpg']);
    assert.deepEqual(await namesOf([join(path, '**', '2.*')]), ['2.jpg']);
    const { leftOut } = await client.plan({ paths: [path] });
    assert.deepEqual([leftOut.notPhotos, leftOut.paths], [1, [join(path, '3.txt')]]);
    await assert.rejects(namesOf([join(path, 'nothing')]), ConfigurationError);
    await assert.rejects(namesOf([join(path, '*.raf')]), ConfigurationError);
    client.close();
  });

  test('refuses a URL and a key that can not be', () => {
    for (const url of ['localhost:8080', 'ftp://x', '']) {
      assert.throws(() => createClient({ url, apiKey: 'k' }), ConfigurationError);
    }
    for (const apiKey of ['', 'with space', 'line\nbreak']) {
      assert.throws(() => createClient({ url: served.url, apiKey }), ConfigurationError);
    }
  });
});

test('the examples of the README run, one after the other', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code as string);
  assert.equal(examples.length, 5);
  await card('card1', { 'IMG_1.NEF': photoBytes(1000, 1), 'IMG_2.NEF': photoBytes(2000, 2) });
  await card('card2', { 'IMG_3.NEF': photoBytes(3000, 3) });
  const env = { ...process.env, DARKSLIDE_URL: served.url, DARKSLIDE_API_KEY: served.apiKey, XDG_STATE_HOME: folder };
  const outputs: string[] = [];
  for (const example of examples) {
    const code = example.replaceAll('/media/', `${folder}/`);
    const run = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root, env });
    outputs.push(run.stdout);
  }
  assert.equal(outputs[0], '2 of 2 arrived\n');
  assert.match(outputs[1] ?? '', /3 of 3 files, 6000 of 6000 bytes/);
  assert.equal(outputs[2], '2 files were there already\n');
  assert.equal(outputs[3], `3 of 3 files are in ${folder}/smith\n`);
  assert.equal(outputs[4], '2 of 2 are stored as they are here, 1 others too\n');
});
