import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { it } from 'node:test';
import { deflateSync } from 'node:zlib';
import { during } from './during.ts';
import { bytesMd5, fileMd5, photoBytes, writeShoot } from './photos.ts';
import { temporaryFolder } from './temporary.ts';

const MiB = 1024 * 1024;

it('makes the same bytes from the same seed, of exactly the asked size', () => {
  for (const size of [0, 1, MiB - 1, MiB, MiB + 1, 3 * MiB]) {
    const bytes = photoBytes({ seed: 1, size });
    assert.equal(bytes.length, size);
    assert.ok(bytes.equals(photoBytes({ seed: 1, size })));
    if (size > 8) assert.ok(!bytes.equals(photoBytes({ seed: 2, size })));
  }
});

it('makes noise that does not compress and does not repeat', () => {
  const bytes = photoBytes({ seed: 3, size: 3 * MiB });
  assert.ok(deflateSync(bytes).length > bytes.length);
  assert.ok(!bytes.subarray(MiB, 2 * MiB).equals(bytes.subarray(2 * MiB)));
});

it('writes a shoot with the names of a camera', async () => {
  await during(temporaryFolder(), async (folder) => {
    const photos = await writeShoot({ folder: folder.path, seed: 4, sizes: [10, 2 * MiB], extension: '.JPG' });
    assert.deepEqual(
      photos.map(({ name }) => name),
      ['DSC_0001.JPG', 'DSC_0002.JPG'],
    );
    for (const { path, size } of photos) {
      const bytes = await readFile(path);
      assert.equal((await stat(path)).size, size);
      assert.equal(bytes.subarray(0, 2).toString('hex'), 'ffd8');
      assert.deepEqual(await fileMd5(path), bytesMd5(bytes));
    }
  });
});
