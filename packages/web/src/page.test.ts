import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PAGE_FILES, uploadPage } from './page.ts';

const MAX_GZIPPED_BYTES = 60_000;
/** What is loaded when there are photos to read: reader and previews, and what finds sets. */
const MAX_LAZY_BYTES: Readonly<Record<string, number>> = { 'photos.js': 25_000, 'groups.js': 15_000 };

test('the page is small: element and engine together, and the worker beside them', async () => {
  const files = await uploadPage();
  assert.deepEqual(
    files.map(({ name }) => name),
    PAGE_FILES.map(({ name }) => name),
  );
  for (const { name, text } of files) {
    const bytes = gzipSync(text, { level: 9 }).length;
    assert.ok(
      bytes > 100 && bytes <= (MAX_LAZY_BYTES[name] ?? MAX_GZIPPED_BYTES),
      `${name || 'the page'}: ${bytes} bytes`,
    );
  }
});

test('the page has no script and no style of its own in it, which its policy would refuse', async () => {
  const [{ text } = { text: '' }] = await uploadPage();
  assert.doesNotMatch(text, /<script(?! type="module" src=)|<style|style=|\son\w+=/);
});
