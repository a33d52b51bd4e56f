import assert from 'node:assert/strict';
import { test } from 'node:test';
import { md5Hex } from '../../test/fakes/md5.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { createBlobSource } from './blob-source.ts';
import { Md5Pool } from './md5-pool.ts';
import { filesOfDirectory, filesOfDrop, filesOfInput, type PickedBatch } from './pick.ts';

/** A tree: bytes are files, objects are folders, and an error is what cannot be read. */
type Tree = { [name: string]: Uint8Array | Error | Tree };

const isFolder = (node: Uint8Array | Error | Tree): node is Tree =>
  !(node instanceof Uint8Array || node instanceof Error);

/** As Chromium gives them: at most a hundred entries of a folder in one call. */
function entryOf(name: string, node: Uint8Array | Error | Tree): FileSystemEntry {
  const isDirectory = isFolder(node);
  const createReader = () => {
    const left = Object.entries(isDirectory ? node : {});
    return {
      readEntries: (done: (entries: FileSystemEntry[]) => void) =>
        queueMicrotask(() => done(left.splice(0, 100).map(([child, inner]) => entryOf(child, inner)))),
    };
  };
  const file = (done: (file: File) => void, fail: (error: Error) => void) =>
    node instanceof Error ? fail(node) : done(new File([node as Uint8Array<ArrayBuffer>], name));
  return { name, isDirectory, isFile: !isDirectory, createReader, file } as unknown as FileSystemEntry;
}

function handleOf(name: string, node: Uint8Array | Error | Tree): FileSystemDirectoryHandle {
  const getFile = async () => {
    if (node instanceof Error) throw node;
    return new File([node as Uint8Array<ArrayBuffer>], name);
  };
  async function* values() {
    for (const [child, inner] of Object.entries(isFolder(node) ? node : {})) yield handleOf(child, inner);
  }
  return { name, kind: isFolder(node) ? 'directory' : 'file', getFile, values } as unknown as FileSystemDirectoryHandle;
}

const dropped = (...entries: FileSystemEntry[]) =>
  ({
    items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
    files: [],
  }) as unknown as DataTransfer;

async function all(batches: AsyncIterable<PickedBatch>) {
  const paths: string[] = [];
  let last: PickedBatch | undefined;
  for await (const batch of batches) {
    paths.push(...batch.files.map(({ path }) => path));
    last = batch;
  }
  return { paths, leftOut: last?.leftOut, unreadable: last?.unreadable };
}

const photo = new Uint8Array(1);
const photos = (count: number): Tree =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}.NEF`, photo]));
const away = Object.assign(new Error('gone'), { name: 'NotFoundError' });
const card: Tree = {
  ...{ '100': photos(1250), '101': { 'a.NEF': photo, 'b.NEF': away, '.hidden.jpg': photo, '.DS_Store': photo } },
  ...{ '.Trashes': photos(3), 'notes.txt': photo },
};

for (const [way, pick] of [
  ['a drop', () => filesOfDrop(dropped(entryOf('card', card)))],
  ['a folder handle', () => filesOfDirectory(handleOf('card', card))],
] as const) {
  test(`${way} gives every photo of every folder, and says what it leaves out or cannot read`, async () => {
    const { paths, leftOut, unreadable } = await all(pick());
    assert.equal(paths.length, 1251);
    assert.equal(new Set(paths).size, 1251);
    assert.ok(paths.includes('card/100/1249.NEF') && paths.includes('card/101/a.NEF'));
    assert.deepEqual(
      [leftOut?.total, leftOut?.notPhotos, leftOut?.hidden, leftOut?.folders],
      [3, 1, 1, [{ name: '.Trashes', count: 1 }]],
    );
    assert.deepEqual(
      unreadable?.map(({ path, reason }) => [path, reason]),
      [['card/101/b.NEF', 'vanished']],
    );
  });
}

test('a tree that is deeper than folders are is read to a limit, which is reported', async () => {
  let tree: Tree = { 'x.NEF': photo };
  for (let depth = 0; depth < 140; depth += 1) tree = { f: tree, [`${depth}.NEF`]: photo };
  const { paths, unreadable } = await all(filesOfDrop(dropped(entryOf('card', tree))));
  assert.equal(paths.length, 128);
  assert.equal(unreadable?.length, 1);
});

test('an input gives its photos by their paths below the folder, and counts what it leaves out', async () => {
  const at = (path: string) =>
    Object.assign(new File([photo], path.split('/').at(-1) ?? ''), { webkitRelativePath: path });
  const list = ['a/1.NEF', 'b/1.NEF', 'a/x.txt', '@eaDir/1.NEF', '@eaDir/2.NEF', 'CaptureOne/Cache/1.NEF'];
  const { paths, leftOut } = await all(filesOfInput(list.map((path) => at(`card/${path}`))));
  assert.deepEqual(paths, ['card/a/1.NEF', 'card/b/1.NEF']);
  assert.deepEqual(leftOut?.folders, [
    { name: '@eaDir', count: 1 },
    { name: 'Cache', count: 1 },
  ]);
});

test('a file of a page gives its bytes and their MD5, also several ranges at once', async (t) => {
  const pool = new Md5Pool();
  t.after(() => pool.close());
  for (const size of [1, 63, 64, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 1_500_000]) {
    const bytes = photoBytes(size, size);
    const file = new File([bytes as Uint8Array<ArrayBuffer>], 'a.NEF');
    const source = createBlobSource({ file, path: 'card/a.NEF', pool });
    const middle = Math.floor(size / 2);
    const ranges = [
      { start: 0, end: size },
      { start: middle, end: size },
      ...(middle > 0 ? [{ start: 0, end: middle }] : []),
    ];
    const md5s = await Promise.all(ranges.map((range) => source.md5(range)));
    assert.deepEqual(
      md5s,
      ranges.map(({ start, end }) => md5Hex(bytes.slice(start, end))),
    );
    const body = source.open({ start: 0, end: size });
    await assert.rejects(body.md5());
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.chunks()) chunks.push(new Uint8Array(chunk));
    assert.deepEqual(Buffer.concat(chunks), Buffer.from(bytes));
    assert.equal(await body.md5(), md5Hex(bytes));
  }
  assert.equal(await pool.md5(new Uint8Array()), md5Hex(new Uint8Array()));
});
