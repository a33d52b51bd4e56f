import { readFile } from 'node:fs/promises';

/** A file of the upload page. `name` is the path below `/upload/`; that of the page itself is empty. */
export type PageFile = { name: string; type: string; text: string };

const SCRIPT = 'text/javascript; charset=utf-8';

/** The files, and what each is. */
export const PAGE_FILES = [
  { name: '', source: 'upload.html', type: 'text/html; charset=utf-8' },
  { name: 'page.css', source: 'page.css', type: 'text/css; charset=utf-8' },
  { name: 'uploader.js', source: 'uploader.js', type: SCRIPT },
  // Not for this page, but for those of other origins that embed the element.
  { name: 'element.js', source: 'element.js', type: SCRIPT },
  { name: 'worker.js', source: 'worker.js', type: SCRIPT },
  // Loaded by the worker that reads photos.
  { name: 'photos.js', source: 'photos.js', type: SCRIPT },
  { name: 'groups.js', source: 'groups.js', type: SCRIPT },
] as const;

/** The page that `/upload` is. A published package has it built; inside the repository it is built here, in about 0.2 s. */
export async function uploadPage(): Promise<PageFile[]> {
  const isSource = import.meta.url.endsWith('.ts');
  const texts = isSource ? await (await import('../build.ts')).build() : await readBuilt();
  return PAGE_FILES.map(({ name, source, type }) => ({ name, type, text: texts[source] }));
}

type Texts = Record<(typeof PAGE_FILES)[number]['source'], string>;

async function readBuilt(): Promise<Texts> {
  const read = PAGE_FILES.map(async ({ source }) => [
    source,
    await readFile(new URL(`./page/${source}`, import.meta.url), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(read));
}
