import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ManifestEntry } from '@darkslide/client';
import { UsageError } from './context.ts';
import { writeManifest } from './manifest-file.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkslide-manifest-'));
});
after(() => rm(folder, { recursive: true }));

const entry = (name: string): ManifestEntry => ({
  name,
  path: join(folder, 'card', name),
  size: 3,
  modifiedAt: '2026-01-02T03:04:05.000Z',
  md5: 'acbd18db4cc2f85cedef654fccc4a4d8',
  etag: 'acbd18db4cc2f85cedef654fccc4a4d8',
  uploadedAt: '2026-01-03T00:00:00.000Z',
});

async function written(name: string, entries: ManifestEntry[]): Promise<string> {
  const file = join(folder, name);
  await writeManifest(file, entries, { version: '1.0.0' });
  return readFile(file, 'utf8');
}

test('JSON holds every field', async () => {
  const [record] = JSON.parse(await written('m.json', [entry('a.NEF')]));
  assert.deepEqual(Object.keys(record), ['name', 'path', 'size', 'md5', 'etag', 'modified_at', 'uploaded_at']);
});

test('CSV quotes what needs it', async () => {
  const lines = (await written('m.csv', [entry('a "b", c.NEF')])).split('\r\n');
  assert.equal(lines[0], 'name,path,size,md5,etag,modified_at,uploaded_at');
  assert.ok(lines[1]?.startsWith('"a ""b"", c.NEF",'));
});

test('an ASC Media Hash List has paths relative to itself, and no markup in them', async () => {
  const xml = await written('m.mhl', [entry('a & <b>.NEF')]);
  assert.match(xml, /<hashlist version="2\.0" xmlns="urn:ASC:MHL:v2\.0">/);
  assert.match(xml, /<path size="3" lastmodificationdate="[^"]+">card\/a &amp; &lt;b&gt;\.NEF<\/path>/);
  assert.match(xml, /<md5 action="original" hashdate="[^"]+">acbd18db4cc2f85cedef654fccc4a4d8<\/md5>/);
});

test('what can not be written is told as wrong use', async () => {
  await assert.rejects(written('m.txt', []), UsageError);
  await assert.rejects(written('no/such/folder/m.json', []), UsageError);
});
