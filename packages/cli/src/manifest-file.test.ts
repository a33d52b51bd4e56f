import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ManifestEntry } from '@darkslide/client';
import { UsageError } from './context.ts';
import { checkManifest, writeManifest } from './manifest-file.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkslide-manifest-'));
  await mkdir(join(folder, 'elsewhere'));
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

test('an ASC Media Hash List elsewhere has paths relative to the folder that holds all files', async () => {
  const xml = await written('elsewhere/m.mhl', [entry('a.NEF'), entry('DCIM/b.NEF')]);
  assert.deepEqual(
    [...xml.matchAll(/<path [^>]*>(.*?)<\/path>/g)].map(([, path]) => path),
    ['a.NEF', 'DCIM/b.NEF'],
  );
});

test('where it can not be written is wrong use, told before anything is sent', async () => {
  await checkManifest(join(folder, 'new.mhl'));
  await assert.rejects(checkManifest(join(folder, 'm.txt')), UsageError);
  await assert.rejects(checkManifest(join(folder, 'no/such/folder/m.json')), UsageError);
});
