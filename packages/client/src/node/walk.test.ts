import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigurationError, createClient, type FindOptions } from '../index.ts';

let root = '';
const client = createClient({ url: 'http://127.0.0.1:9', apiKey: 'k' });

before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'darkslide-walk-')));
});
after(async () => {
  client.close();
  await rm(root, { recursive: true });
});

/** Makes files, each with its own path as content, and links (`link -> target`). Returns the folder. */
async function tree(name: string, ...entries: string[]): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const entry of entries) {
    const [path = '', target] = entry.split(' -> ');
    await mkdir(join(folder, path, '..'), { recursive: true });
    if (target === undefined) await writeFile(join(folder, path), `${name}/${path}`);
    else await symlink(target, join(folder, path));
  }
  return folder;
}

async function find(folder: string, options: Partial<FindOptions> = {}) {
  const { files, settled, leftOut } = await client.plan({ paths: [folder], duplicates: 'rename', ...options });
  const paths = files.map(({ source }) => relative(folder, source.path)).sort();
  return { paths, names: files.map(({ name }) => name).sort(), settled, leftOut };
}

describe('links', () => {
  test('a file has the name and the path of the link, and two links to one target are two files', async () => {
    const folder = await tree(
      'annex',
      'objects/SHA256E-s3--abc',
      'IMG_1.CR2 -> objects/SHA256E-s3--abc',
      'selects/best.CR2 -> ../IMG_1.CR2',
      'selects/second.CR2 -> ../objects/SHA256E-s3--abc',
    );
    const { paths, names } = await find(folder);
    assert.deepEqual(paths, ['IMG_1.CR2', 'selects/best.CR2', 'selects/second.CR2']);
    assert.deepEqual(names, ['IMG_1.CR2', 'best.CR2', 'second.CR2']);
  });

  test('those that lead out of the given folders are told and not followed, unless asked', async () => {
    await tree('outside', 'a.jpg', 'more/b.jpg');
    const folder = await tree('inside', 'c.jpg', 'a.jpg -> ../outside/a.jpg', 'more -> ../outside/more');
    const kept = await find(folder);
    assert.deepEqual(kept.paths, ['c.jpg']);
    assert.deepEqual([kept.leftOut.linksOut, kept.leftOut.total], [2, 2]);
    assert.deepEqual([...kept.leftOut.paths].sort(), [join(folder, 'a.jpg'), join(folder, 'more')]);
    assert.deepEqual((await find(folder, { followLinks: true })).paths, ['a.jpg', 'c.jpg', 'more/b.jpg']);
    // Inside another folder that is given too.
    const both = await client.plan({ paths: [folder, join(root, 'outside')] });
    assert.equal(both.leftOut.linksOut, 0);
    assert.deepEqual(both.files.map(({ name }) => name).sort(), ['a.jpg', 'b.jpg', 'c.jpg']);
  });

  test('a file or folder that is itself a link is followed where it is named', async () => {
    await tree('real', 'x/1.jpg');
    const folder = await tree('named', 'card -> ../real', 'photo.jpg -> ../real/x/1.jpg');
    assert.deepEqual((await find(join(folder, 'card'))).paths, ['x/1.jpg']);
    assert.deepEqual((await find(join(folder, 'photo.jpg'))).names, ['photo.jpg']);
  });

  test('loops end, and a link that leads nowhere is a failure only where it would be a photo', async () => {
    const entries = [
      'a/1.jpg',
      'a/up -> ..',
      'a/self -> .',
      'b -> a',
      'x.jpg -> x.jpg',
      'y.txt -> gone',
      'z.jpg -> gone',
    ];
    const { paths, settled, leftOut } = await find(await tree('loops', ...entries), { followLinks: true });
    assert.deepEqual(paths, ['a/1.jpg']);
    assert.deepEqual(settled.map(({ name, status }) => [name, status]).sort(), [
      ['x.jpg', 'failed'],
      ['z.jpg', 'failed'],
    ]);
    assert.equal(leftOut.notPhotos, 1);
  });
});

describe('what is left out', () => {
  const SKIPPED = [
    ...['@eaDir', '$RECYCLE.BIN', '#recycle', '@Recycle', '.Trashes', '.Trash-1000', '.Spotlight-V100', '.fseventsd'],
    ...['Card.lrdata', 'Card.lrcat-data', 'Photos Library.photoslibrary', 'Old.aplibrary', 'Work.cocatalog'],
    ...['.picasaoriginals', '.AppleDouble', 'lost+found', '__MACOSX', 'System Volume Information', 'Cache'],
  ];

  test('folders of systems and programs are not looked into, and counted by name', async () => {
    const inside = SKIPPED.map((name) => (name === 'Cache' ? 'CaptureOne/Cache/1.jpg' : `DCIM/${name}/1.jpg`));
    const own = ['Cache/own.jpg', 'CaptureOne/Settings153/own.jpg.cos', 'own.jpg'];
    const system = ['._own.jpg', 'Thumbs.db', '.DS_Store', 'desktop.ini'];
    const folder = await tree('systems', ...inside, '@eaDir/2.jpg', ...own, ...system);
    const { paths, leftOut } = await find(folder);
    assert.deepEqual(paths, own);
    const expected = SKIPPED.map((name) => ({ name, count: name === '@eaDir' ? 2 : 1 }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    assert.deepEqual([...leftOut.folders].sort(byName), expected.sort(byName));
    assert.equal(leftOut.total, SKIPPED.length + 1);
    assert.deepEqual((await find(folder, { all: true })).paths, own);
    assert.ok((await find(folder, { include: ['@eadir'] })).paths.includes('@eaDir/2.jpg'));
    // Also where a glob leads into them.
    assert.deepEqual((await find(folder, { paths: [join(folder, '**/*.jpg')] })).paths, ['Cache/own.jpg', 'own.jpg']);
  });

  test('is counted by its reason, once', async () => {
    const folder = await tree('counted', 'a.jpg', 'a.txt', 'b.mov', '.hidden.jpg', 'out/b.jpg', 'x.JPG');
    const options = { exclude: ['out/', 'X.*'] };
    for (const paths of [[folder], [folder, join(folder, '*')], [join(folder, '**')]]) {
      const { names, leftOut } = await find(folder, { ...options, paths });
      assert.deepEqual(names, ['a.jpg']);
      assert.deepEqual([leftOut.notPhotos, leftOut.excluded], [2, 2], String(paths));
    }
    const { leftOut } = await find(folder, options);
    assert.deepEqual([leftOut.hidden, leftOut.total], [1, 5]);
  });

  test('patterns match names, paths below the folder, or folders; --include comes first', async () => {
    const folder = await tree(
      'patterns',
      'a.jpg',
      'B.JPG',
      'clip.mov',
      's/a.jpg',
      's/deep/c.tif',
      'Ko\u0308ln/k.jpg',
      '.h.jpg',
    );
    const found = async (options: Partial<FindOptions>) => (await find(folder, options)).paths;
    assert.deepEqual(await found({ exclude: ['*.jpg'] }), ['s/deep/c.tif']);
    assert.deepEqual(await found({ exclude: ['*.jpg'], include: ['b.jpg'] }), ['B.JPG', 's/deep/c.tif']);
    assert.deepEqual(await found({ exclude: ['s/*.jpg', 'köln'] }), ['B.JPG', 'a.jpg', 's/deep/c.tif']);
    assert.deepEqual(await found({ exclude: ['/a.jpg', 's/**', 'Köln/'] }), ['B.JPG']);
    assert.deepEqual(await found({ exclude: ['s', 'k*'] }), ['B.JPG', 'a.jpg']);
    assert.deepEqual(await found({ exclude: ['*'], include: ['*.mov', '.h.jpg'] }), ['.h.jpg', 'clip.mov']);
    await assert.rejects(found({ exclude: [''] }), ConfigurationError);
    await assert.rejects(found({ include: ['/'] }), ConfigurationError);
  });

  test('a file that is named is taken, whatever it is, unless it is excluded', async () => {
    const folder = await tree('by-hand', 'notes.txt', '.hidden.jpg', '._a.jpg', 'a.jpg');
    const paths = ['notes.txt', '.hidden.jpg', '._a.jpg'].map((name) => join(folder, name));
    assert.deepEqual((await find(folder, { paths })).names, ['._a.jpg', '.hidden.jpg', 'notes.txt']);
    const both = await find(folder, { paths: [folder, ...paths] });
    assert.deepEqual([both.names.length, both.leftOut.total], [4, 0]);
    const { names, leftOut } = await find(folder, { paths, exclude: ['*.txt'] });
    assert.deepEqual([names, leftOut.excluded], [['._a.jpg', '.hidden.jpg'], 1]);
  });
});

test('photos are known by every extension that cameras and editors write', async () => {
  const kinds = 'insp mpo hdr heics heifs hif jxr wdp j2k jpx jpf CR3 HEIC'.split(' ');
  const folder = await tree('kinds', ...kinds.map((kind) => `a.${kind}`));
  assert.equal((await find(folder)).paths.length, kinds.length);
});
