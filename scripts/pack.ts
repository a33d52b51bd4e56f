/**
 * `npm run pack`: compiles the packages and packs each into a tarball under build/tarballs.
 * Sources run unbuilt inside the repository, but Node strips no types below node_modules, so what is published is JavaScript.
 */
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ROOT, run } from './run.ts';

const BUILD = join(ROOT, 'build');
const TARBALLS = join(BUILD, 'tarballs');

/** Returns the tarballs' paths. */
export async function pack(): Promise<string[]> {
  await rm(BUILD, { recursive: true, force: true });
  await mkdir(TARBALLS, { recursive: true });
  await run('tsc', ['-p', 'tsconfig.build.json']);
  for await (const manifest of glob('packages/*/package.json', { cwd: ROOT })) {
    const folder = await stage(basename(dirname(manifest)));
    await run('npm', ['pack', '--silent', '--pack-destination', TARBALLS], { cwd: folder });
  }
  const tarballs: string[] = [];
  for await (const file of glob('*.tgz', { cwd: TARBALLS })) tarballs.push(join(TARBALLS, file));
  return tarballs;
}

/** Lays out one package as it is published: dist instead of src. */
async function stage(name: string): Promise<string> {
  const source = join(ROOT, 'packages', name);
  const staged = join(BUILD, 'packages', name);
  await cp(join(BUILD, 'out', name, 'src'), join(staged, 'dist'), { recursive: true });
  if (name === 'web') await run('node', [join(source, 'build.ts'), join(staged, 'dist', 'page')]);
  for (const extra of ['bin', 'README.md', 'custom-elements.json']) {
    await cp(join(source, extra), join(staged, extra), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await cp(join(ROOT, 'LICENSE'), join(staged, 'LICENSE'));
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  const { devDependencies: _, ...published } = { ...manifest, files: ['dist', 'bin', 'custom-elements.json'] };
  for (const field of ['exports', 'imports'] as const) {
    if (published[field]) published[field] = compiled(published[field]);
  }
  await writeFile(join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  return staged;
}

/** Every entry `./src/x.ts` as `./dist/x.js` with its declarations. */
function compiled(entries: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(entries).map(([name, file]) => {
      const base = file.replace('./src/', './dist/').replace(/\.ts$/, '');
      return [name, { types: `${base}.d.ts`, default: `${base}.js` }];
    }),
  );
}

if (import.meta.main) console.log((await pack()).join('\n'));
