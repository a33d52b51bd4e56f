import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** What the browsers know that have everything the page needs (`light-dark()`, `Promise.withResolvers`). */
const TARGET = ['chrome123', 'firefox121', 'safari17.5'];

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const OPTIONS = {
  outdir: at('./src/page'),
  ...{ bundle: true, minify: true, write: false, format: 'esm', target: [...TARGET], legalComments: 'none' },
} as const satisfies BuildOptions;

/** Builds the files of the upload page, and the element alone for other pages, in memory. */
export async function build() {
  const { build: bundle } = await import('esbuild');
  const page = await bundle({
    entryPoints: {
      uploader: at('./src/upload-page.ts'),
      element: at('./src/define.ts'),
    },
    ...OPTIONS,
  });
  // What only photos need is loaded when there are some.
  const worker = await bundle({
    entryPoints: {
      worker: at('./src/upload-worker.ts'),
      photos: at('../client/src/browser/photos/photos-worker.ts'),
      groups: at('../client/src/browser/photos/groups.ts'),
    },
    splitting: true,
    ...OPTIONS,
  });
  if (worker.outputFiles.length !== 3) throw new Error('The parts of the worker share code: that is one more file');
  const outputFiles = [...page.outputFiles, ...worker.outputFiles];
  const script = (name: string) => outputFiles.find(({ path }) => path.endsWith(`/${name}`))?.text ?? '';
  return {
    'upload.html': await readFile(at('./src/page/upload.html'), 'utf8'),
    'page.css': await readFile(at('./src/page/page.css'), 'utf8'),
    'uploader.js': script('uploader.js'),
    'element.js': script('element.js'),
    'worker.js': script('worker.js'),
    'photos.js': script('photos.js'),
    'groups.js': script('groups.js'),
  };
}

/** `node build.ts FOLDER`: writes them, for the published package. */
if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (!folder) throw new Error('usage: node packages/web/build.ts FOLDER');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(await build())) await writeFile(join(folder, name), text);
}
