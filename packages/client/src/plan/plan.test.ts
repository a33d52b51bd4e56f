import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MemoryFile, photoBytes } from '../../test/fakes/memory-source.ts';
import { DuplicateNamesError } from '../base/errors.ts';
import { makePlan } from './plan.ts';

const file = (path: string, seed = 1, size = 100) => new MemoryFile(path, photoBytes(size, seed));

const plan = (files: readonly MemoryFile[], duplicates: 'error' | 'rename' = 'error') =>
  makePlan({ sources: files.map((each) => each.source()), duplicates });

const namesOf = async (files: readonly MemoryFile[], duplicates?: 'error' | 'rename') =>
  (await plan(files, duplicates)).files.map(({ name }) => name);

describe('a plan', () => {
  test('is in camera order: folder by folder, numbers as numbers', async () => {
    const paths = ['/c/A/IMG_10.jpg', '/c/A/IMG_2.jpg', '/c/A/IMG_2.xmp', '/c/A2/a.jpg', '/c/A10/b.jpg'];
    const { files } = await plan(paths.map((path, index) => file(path, index)));
    assert.deepEqual(
      files.map(({ source }) => source.path),
      ['/c/A/IMG_2.jpg', '/c/A/IMG_2.xmp', '/c/A/IMG_10.jpg', '/c/A2/a.jpg', '/c/A10/b.jpg'],
    );
  });

  test('does not depend on the order in which files are found', async () => {
    const paths = fc.uniqueArray(fc.stringMatching(/^\/[ab]\/[A-C]{1,2}[0-9]{1,3}\.(NEF|jpg)$/), {
      selector: (path) => path.split('/')[2],
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(paths, fc.infiniteStream(fc.nat()), async (found, dice) => {
        const shuffled = found.map((path) => [dice.next().value, path] as const).sort(([a], [b]) => a - b);
        const names = await namesOf(shuffled.map(([, path]) => file(path)));
        assert.deepEqual(names, await namesOf(found.map((path) => file(path))));
      }),
    );
  });

  test('takes a name in NFD for the same name in NFC', async () => {
    assert.deepEqual(await namesOf([file('/c/Ko\u0308ln.jpg')]), ['K\u00f6ln.jpg']);
    await assert.rejects(plan([file('/a/Ko\u0308ln.jpg', 1), file('/b/K\u00f6ln.jpg', 2)]), DuplicateNamesError);
  });

  test('says of one name where all its files are', async () => {
    const refused = plan([file('/1/a.jpg', 1), file('/2/a.jpg', 2), file('/3/a.jpg', 3), file('/3/b.jpg', 4)]);
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof DuplicateNamesError);
      assert.deepEqual(error.duplicates, [{ name: 'a.jpg', paths: ['/1/a.jpg', '/2/a.jpg', '/3/a.jpg'] }]);
      return true;
    });
  });

  test('counts identical files once, and tells', async () => {
    const { files, settled } = await plan([file('/1/a.jpg', 7), file('/2/a.jpg', 7)]);
    assert.deepEqual(
      files.map(({ source }) => source.path),
      ['/1/a.jpg'],
    );
    assert.deepEqual(
      settled.map(({ status, path }) => [status, path]),
      [['skipped', '/2/a.jpg']],
    );
  });

  test('reads no file whose name is its own', async () => {
    const files = [file('/1/a.jpg', 1), file('/1/b.jpg', 1)];
    await plan(files);
    assert.deepEqual(
      files.map(({ reads }) => reads),
      [0, 0],
    );
  });
});

describe('renaming', () => {
  test('puts the parent folder before names that clash, and before their sidecars', async () => {
    const files = [file('/CARD1/a.NEF', 1), file('/CARD1/a.xmp', 2), file('/CARD1/b.NEF', 3), file('/CARD2/a.NEF', 4)];
    assert.deepEqual(await namesOf(files, 'rename'), ['CARD1_a.NEF', 'CARD1_a.xmp', 'b.NEF', 'CARD2_a.NEF']);
  });

  test('goes further up where the folders are called the same', async () => {
    const files = [file('/1/DCIM/100/a.NEF', 1), file('/2/DCIM/100/a.NEF', 2)];
    assert.deepEqual(await namesOf(files, 'rename'), ['1_DCIM_100_a.NEF', '2_DCIM_100_a.NEF']);
  });

  test('gives every file a name of its own, the same in every run', async () => {
    const paths = fc.uniqueArray(fc.stringMatching(/^(\/[ab]){1,3}\/[xy]\.(NEF|xmp)$/), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(paths, async (found) => {
        const files = found.map((path, index) => file(path, index));
        const names = await namesOf(files, 'rename').catch((error) => {
          assert.ok(error instanceof DuplicateNamesError);
          return undefined;
        });
        if (!names) return;
        assert.equal(new Set(names).size, found.length);
        assert.deepEqual(await namesOf(files.toReversed(), 'rename'), names);
      }),
    );
  });
});
