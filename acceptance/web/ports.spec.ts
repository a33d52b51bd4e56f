import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BROWSERS, root, runOk, temporaryFolder } from '@darkslide/testkit';
import { PortsServer } from '../support/ports-server.ts';

const LIMIT = { timeout: 300_000 };
const HERE = join(root, 'packages', 'client', 'test', 'browser');

/** The suites of the client's ports, for a page. */
async function bundle(): Promise<string> {
  const instead = { 'node:test': 'test.ts', 'node:assert/strict': 'assert.ts', 'node:crypto': 'crypto.ts' };
  const aliases = Object.entries(instead).map(([name, file]) => `--alias:${name}=${join(HERE, file)}`);
  const esbuild = join(root, 'node_modules', '.bin', 'esbuild');
  const args = [join(HERE, 'ports-page.ts'), '--bundle', '--format=esm', ...aliases];
  return (await runOk(esbuild, args)).stdout;
}

/** What each engine says of a file that was changed, cut or removed. Firefox reads what is there. */
const TELLS: Record<keyof typeof BROWSERS, { changed: string | null; shorter: string; gone: string }> = {
  Chromium: { changed: 'unreadable', shorter: 'unreadable', gone: 'vanished' },
  Firefox: { changed: null, shorter: 'changed', gone: 'unreadable' },
  WebKit: { changed: 'vanished', shorter: 'vanished', gone: 'vanished' },
};

const script = await bundle();

for (const [engine, start] of Object.entries(BROWSERS)) {
  describe(`the ports of a browser, in ${engine}`, async () => {
    const folder = await temporaryFolder('darkslide-ports');
    const tab = await start();
    const server = await PortsServer.start({ script, folder: folder.path, tab });
    after(async () => {
      await tab.close();
      server.close();
      await folder.remove();
    });

    it('pass the suites that those of Node pass', LIMIT, async () => {
      await tab.goto(server.url);
      const tells = TELLS[engine as keyof typeof BROWSERS];
      await tab.evaluate(`window.begin(${JSON.stringify(tells)})`);
      while (!(await tab.evaluate<boolean>('window.outcomes !== undefined'))) await sleep(200);
      const outcomes: { name: string; error?: string }[] = JSON.parse(
        await tab.evaluate('JSON.stringify(window.outcomes)'),
      );
      assert.ok(outcomes.length > 15, `${outcomes.length} tests`);
      assert.deepEqual(
        outcomes.filter(({ error }) => error !== undefined),
        [],
      );
    });
  });
}
