import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalFileName, fileNameProblem, isBase64Md5, projectNameProblem } from './names.ts';

const allowed = [
  'DSC_0001.NEF',
  'a',
  '.hidden',
  '...',
  'with space.jpg',
  'été.CR3',
  '日本.dng',
  '📷.heic',
  'a'.repeat(254),
  'a'.repeat(255),
  'é'.repeat(127),
];

const refused: [name: string, reason: RegExp][] = [
  ['', /empty/],
  ['.', /folder/],
  ['..', /folder/],
  ['a/b', /separator/],
  ['..\\b', /separator/],
  ['a\u0000b', /control/],
  ['a\nb', /control/],
  ['a\u007f', /control/],
  ['a\u0085', /control/],
  [' a', /space/],
  ['a ', /space/],
  ['a\u00a0', /space/],
  ['\ud800.NEF', /surrogate/],
  ['x\udc00', /surrogate/],
  ['a'.repeat(256), /256 bytes long; at most 255/],
  ['é'.repeat(128), /256 bytes/],
];

for (const name of allowed) {
  test(`a file may be named ${JSON.stringify(name.slice(0, 20))} (${name.length})`, () => {
    assert.equal(fileNameProblem(name), undefined);
  });
}

for (const [name, reason] of refused) {
  test(`a file may not be named ${JSON.stringify(name.slice(0, 20))} (${name.length})`, () => {
    assert.match(fileNameProblem(name) ?? '', reason);
  });
}

test('a name is measured after NFC, where it can be shorter or longer', () => {
  const decomposed = 'e\u0301'.repeat(127);
  assert.equal(fileNameProblem(decomposed), undefined);
  assert.equal(canonicalFileName(decomposed), 'é'.repeat(127));
});

test('a project may be named as people name shoots, and not otherwise', () => {
  for (const name of ['Smith & Jones', 'a/b', 'x'.repeat(255)]) assert.equal(projectNameProblem(name), undefined);
  for (const name of ['', '  ', ' a', 'a ', 'a\tb', '\ud800', 'x'.repeat(256)]) {
    assert.ok(projectNameProblem(name), name);
  }
});

test('an md5 is base64 of exactly 16 bytes', () => {
  for (const length of [0, 15, 16, 17]) {
    assert.equal(isBase64Md5(Buffer.alloc(length, 0xa7).toString('base64')), length === 16, `${length} bytes`);
  }
  for (const text of [
    '1B2M2Y8AsgTpgAmY7PhCfg',
    '1B2M2Y8AsgTpgAmY7PhCfh==',
    'd41d8cd98f00b204e9800998ecf8427e',
    '1B2M2Y8A_gTpgAmY7PhCfg==',
  ]) {
    assert.equal(isBase64Md5(text), false, text);
  }
});
