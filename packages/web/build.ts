import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the browsers know that have everything the page needs (`light-dark()`, `Promise.withResolvers`). */
const TARGET = ['chrome123', 'firefox121', 'safari17.5'];

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Builds the files of the upload page, and the element alone for other pages, in memory. */
export async function build() {
  const { build: bundle } = await import('esbuild');
  const { outputFiles } = await bundle({
    entryPoints: {
      uploader: at('./src/upload-page.ts'),
      element: at('./src/define.ts'),
      worker: at('./src/upload-worker.ts'),
    },
    outdir: at('./src/page'),
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: TARGET, legalComments: 'none' },
  });
  const script = (name: string) => outputFiles.find(({ path }) => path.endsWith(name))?.text ?? '';
  return {
    'upload.html': await readFile(at('./src/page/upload.html'), 'utf8'),
    'page.css': await readFile(at('./src/page/page.css'), 'utf8'),
    'uploader.js': script('uploader.js'),
    'element.js': script('element.js'),
    'worker.js': script('worker.js'),
  };
}

/** `node build.ts FOLDER`: writes them, for the published package. */
if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (!folder) throw new Error('usage: node packages/web/build.ts FOLDER');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(await build())) await writeFile(join(folder, name), text);
}
