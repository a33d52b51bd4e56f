import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { DarkslideUploader } from './view/uploader.ts';

const read = (file: string) => readFile(new URL(file, import.meta.url), 'utf8');

it('the manifest of custom elements says what the element has', async () => {
  const { modules } = JSON.parse(await read('../custom-elements.json'));
  const [{ attributes, members, events, cssParts, cssProperties }] = modules[0].declarations;
  const names = (entries: { name: string }[]) => entries.map(({ name }) => name);
  const source = (
    await Promise.all(['uploader', 'file-list', 'styles'].map((name) => read(`./view/${name}.ts`)))
  ).join();
  const found = (pattern: RegExp) => [...new Set([...source.matchAll(pattern)].map(([, name]) => name))].sort();

  assert.deepEqual(names(attributes), DarkslideUploader.observedAttributes);
  assert.deepEqual(names(members), ['catalogues']);
  assert.deepEqual(names(events).sort(), found(/#fire\('([^']+)'/g));
  assert.deepEqual(names(cssParts).sort(), found(/part="([^"]+)"/g));
  assert.deepEqual(names(cssProperties).sort(), found(/var\((--darkslide-[a-z-]+)/g));
});
