import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localNameProblem } from './local-name.ts';

test('no name leads out of the folder, on any platform', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    for (const name of [
      '..',
      '.',
      '',
      '../x',
      '/etc/passwd',
      'a/b',
      'a\\b',
      'a\0b',
      'x.darkslide-part',
      'X.DARKSLIDE-PART',
    ]) {
      assert.ok(localNameProblem(name, platform), `${JSON.stringify(name)} on ${platform}`);
    }
    for (const name of ['DSC_0001.NEF', 'Ünïcode 1.jpg', '.hidden', 'console.NEF']) {
      assert.equal(localNameProblem(name, platform), undefined, name);
    }
  }
});

test('names that Windows takes for devices, streams or patterns are refused there only', () => {
  for (const name of ['NUL', 'con.NEF', 'COM1.jpg', 'a:b.jpg', 'a*.jpg', 'a.']) {
    assert.ok(localNameProblem(name, 'win32'), name);
    assert.equal(localNameProblem(name, 'linux'), undefined, name);
  }
});
