import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ensureNodeModules, freePorts } from '@darkslide/testkit';
import { build } from 'esbuild';

/** Pages of an origin of their own that upload by other means than ours. */
export type PeerPages = AsyncDisposable & { origin: string };

const folder = import.meta.dirname;
const STYLES = ['@uppy/core', '@uppy/dashboard'];

/** Serves `/uppy` and `/bare-loop`, each built from the script of that name. */
export async function servePeerPages(): Promise<PeerPages> {
  const nodeModules = await ensureNodeModules(join(folder, 'package.json'));
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'uppy.js'), join(folder, 'bare-loop.js')],
    nodePaths: [nodeModules],
    outdir: folder,
    ...{ bundle: true, minify: true, write: false, format: 'esm' },
  });
  const styles = await Promise.all(
    STYLES.map((name) => readFile(join(nodeModules, name, 'dist', 'style.min.css'), 'utf8')),
  );
  const page = (
    script: string,
  ) => `<!doctype html><meta charset="utf-8"><title>Peer</title><link rel="icon" href="data:,">
    <style>${styles.join('\n')}</style><input type="file" name="files" multiple><input type="file" name="folder" webkitdirectory><div id="uppy"></div>
    <script type="module">${script}</script>`;
  const pages = new Map(
    outputFiles.map(({ path, text }) => [`/${path.slice(folder.length + 1, -'.js'.length)}`, page(text)]),
  );
  const [port = 0] = await freePorts(1);
  const server = createServer((request, response) => {
    const text = pages.get(request.url ?? '');
    response.writeHead(text ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
