import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runDarkslide, temporaryFolder } from '@darkslide/testkit';

describe('compiled code', () => {
  it('is kept in a folder that only its user can write to, or not at all [L9.31]', async () => {
    const home = await temporaryFolder();
    const compiled = join(home.path, 'darkslide');
    try {
      const help = () =>
        runDarkslide(['--help'], { env: { XDG_CACHE_HOME: home.path, NODE_COMPILE_CACHE: undefined } });
      assert.equal((await help()).code, 0);
      assert.equal((await stat(compiled)).mode & 0o777, 0o700);
      assert.notDeepEqual(await readdir(compiled), []);

      await rm(compiled, { recursive: true });
      await mkdir(compiled);
      await chmod(compiled, 0o777);
      assert.equal((await help()).code, 0);
      assert.deepEqual(await readdir(compiled), [], 'others could plant code there');
    } finally {
      await home.remove();
    }
  });
});
