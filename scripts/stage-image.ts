/**
 * `node scripts/stage-image.ts FOLDER`: lays out what the binary needs to run, for the container image: the packed
 * packages, and what they depend on in the versions that `npm ci` installed. `npm run pack` comes before it.
 */
import { cp, mkdir, readFile, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT, run } from './run.ts';

type Manifest = Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined> & {
  name: string;
  version: string;
};

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/stage-image.ts FOLDER');
const isWorkspace = (path: string) => !relative(ROOT, path).split(sep).includes('node_modules');

const manifestOf = async (path: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));

/** The folder of a package as Node finds it from another one; undefined if it is not installed. */
async function find(name: string, from: string): Promise<string | undefined> {
  for (let above = from; above.startsWith(dirname(join(ROOT, 'x'))); above = dirname(above)) {
    const found = await realpath(join(above, 'node_modules', name)).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}

/** The folders of a package and of all that it needs. Optional packages for other systems are not installed. */
async function needed(path: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(path)) return found;
  found.add(path);
  const { dependencies = {}, optionalDependencies = {} } = await manifestOf(path);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const dependency = await find(name, path);
    if (dependency) await needed(dependency, found);
    else if (!(name in optionalDependencies)) throw new Error(`${name}, which ${path} needs, is not installed.`);
  }
  return found;
}

/** A package of ours is where npm would install it; a foreign one keeps its place, below ours if it was there. */
function placeOf(path: string, { name }: Manifest): string {
  if (isWorkspace(path)) return join('node_modules', name);
  const [, room, rest] = /^packages\/([^/]+)\/(node_modules\/.*)$/.exec(relative(ROOT, path)) ?? [];
  if (room === undefined) return relative(ROOT, path);
  return join('node_modules', room === 'darkslide' ? room : `@darkslide/${room}`, rest as string);
}

for (const path of await needed(join(ROOT, 'packages', 'darkslide'))) {
  const manifest = await manifestOf(path);
  const target = join(folder, placeOf(path, manifest));
  await mkdir(target, { recursive: true });
  if (isWorkspace(path)) {
    const tarball = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
    await run('tar', ['-xzf', join(ROOT, 'build', 'tarballs', tarball), '-C', target, '--strip-components=1']);
  } else {
    const isNested = (file: string) => relative(path, file).split(sep)[0] === 'node_modules';
    await cp(path, target, { recursive: true, filter: (file) => !isNested(file) });
  }
}
await mkdir(join(folder, 'node_modules', '.bin'));
await symlink('../darkslide/bin/darkslide.js', join(folder, 'node_modules', '.bin', 'darkslide'));
