import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ManifestEntry } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';
import { UsageError } from '../base/context.ts';
import { checkManifest, writeManifest } from './manifest-file.ts';
import { withShots } from './with-shots.ts';

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
  await writeManifest(file, withShots(entries, undefined), { version: '1.0.0' });
  return readFile(file, 'utf8');
}

test('JSON holds every field', async () => {
  const [record] = JSON.parse(await written('m.json', [entry('a.NEF')]));
  assert.deepEqual(Object.keys(record), [
    'name',
    'path',
    'size',
    'md5',
    'etag',
    'modified_at',
    'uploaded_at',
    'shot',
    'set',
    'position',
    'captured_at',
  ]);
});

test('each file has its shot, its place in its set, and the time of the camera', () => {
  const files = ['a.NEF', 'a.xmp', 'b.NEF'].map((name) => ({ path: entry(name).path, role: 'raw' as const }));
  const t = Date.UTC(2026, 0, 2, 3, 4, 5, 60);
  const shoot: Shoot = {
    ...{ version: 1, singles: [], problems: [], unknown: [] },
    shots: [
      { id: 'a', order: 0, files: files.slice(0, 2), t, tz: -210 },
      { id: 'b', order: 1, files: files.slice(2), t },
    ],
    sets: [
      {
        ...{ id: 'exposure a', kind: 'exposure', complete: true, missing: [], confidence: 1, tier: 'A', why: [] },
        frames: [{ shot: 'a', pos: 2 }, { shot: 'b' }],
      },
    ],
  };
  const places = withShots(['a.NEF', 'a.xmp', 'b.NEF', 'c.NEF'].map(entry), shoot).map(
    ({ shot, set, position, capturedAt }) => [shot, set, position, capturedAt],
  );
  assert.deepEqual(places, [
    ['a', 'exposure a', 2, '2026-01-02T03:04:05.060-03:30'],
    ['a', 'exposure a', 2, '2026-01-02T03:04:05.060-03:30'],
    ['b', 'exposure a', 2, '2026-01-02T03:04:05.060'],
    [null, null, null, null],
  ]);
});

test('CSV quotes what needs it', async () => {
  const lines = (await written('m.csv', [entry('a "b", c.NEF')])).split('\r\n');
  assert.equal(lines[0], '\ufeffname,path,size,md5,etag,modified_at,uploaded_at,shot,set,position,captured_at');
  assert.ok(lines[1]?.startsWith('"a ""b"", c.NEF",'));
});

test('CSV holds no formula, and nothing that a spreadsheet would write differently', async () => {
  const names = ['=1+1.jpg', '+a.jpg', '-a.jpg', '@a.jpg', '\uff1da.jpg', "'a.jpg", '=a,"b".jpg', '2024-01-02', '007'];
  const md5 = `1e${'0'.repeat(30)}`;
  const odd = { ...entry('plain.jpg'), md5, etag: '=cmd()', modifiedAt: null };
  const lines = (await written('m.csv', [...names.map(entry), odd])).trimEnd().split('\r\n').slice(1);
  const cells = names.map((name) => (name.includes('"') ? `"'${name.replaceAll('"', '""')}"` : `'${name}`));
  for (const [at, cell] of cells.entries()) assert.ok(lines[at]?.startsWith(`${cell},`), lines[at]);
  const last = lines.at(-1) ?? '';
  assert.ok(last.startsWith('plain.jpg,') && last.includes(`,3,'${md5},'=cmd(),,2026-`), last);
});

test('an ASC Media Hash List has no time of a file that has none', async () => {
  const xml = await written('m.mhl', [{ ...entry('a.NEF'), modifiedAt: null }]);
  assert.match(xml, /<path size="3">card\/a\.NEF<\/path>/);
});

test('an ASC Media Hash List has the same paths, whether it or the files are reached by a link', async () => {
  await mkdir(join(folder, 'card'));
  await symlink('card', join(folder, 'linked'));
  const linked = { ...entry('b.NEF'), path: join(folder, 'linked', 'b.NEF') };
  for (const place of ['linked/m.mhl', 'card/m.mhl']) {
    const xml = await written(place, [entry('a.NEF'), linked]);
    assert.deepEqual(
      [...xml.matchAll(/<path [^>]*>(.*?)<\/path>/g)].map(([, path]) => path),
      ['a.NEF', 'b.NEF'],
    );
  }
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
