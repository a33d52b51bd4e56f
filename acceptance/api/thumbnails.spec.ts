import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { photoBytes, root } from '@darkslide/testkit';
import { data } from '../support/api.ts';
import { s3Client } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target, api } = await useTarget();
const storage = s3Client(target);

/** The server looks for unread photos every few seconds. */
const PATIENCE_MS = 60_000;
const SAMPLES = resolve(root, '..', 'shared', 'photos');
/** Photos with an embedded JPEG that is whole and big enough. The others have none, or are cut off before it. */
const WITH = ['jpeg/Canon_PowerShot_S40.jpg', 'jpeg/DSCN0010.jpg', 'jpeg/iphone_hdr_NO.jpg', 'raw/FujiFilm.raf'];
const WITHOUT = [
  ...['raw/CanonRaw.cr2', 'raw/CanonRaw.cr3', 'raw/DNG.dng', 'raw/Nikon.nef', 'raw/Panasonic.rw2', 'raw/Sigma.x3f'],
  ...['damaged/image00971.jpg', 'heic/IMG_5195.HEIC'],
];
const SKIP = { skip: existsSync(SAMPLES) ? false : `there is no ${SAMPLES}` };

type Listed = { shots: { files: { path: string; thumbnail_src: string | null }[] }[]; unread: number };

const sample = (path: string) => readFile(join(SAMPLES, path));

async function projectOf(paths: readonly string[]): Promise<string> {
  const project = await api.newProject();
  for (const path of paths) await api.upload(project, basename(path), await sample(path));
  return project;
}

/** By the name of the file, when all are read. */
async function thumbnailsOf(project: string): Promise<Map<string, string | null>> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const { shots, unread } = data<Listed>(await api.get(`${project}/shots?limit=1000`));
    const files = shots.flatMap((shot) =>
      shot.files.map(({ path, thumbnail_src: link }): [string, string | null] => [path, link]),
    );
    if (unread === 0) return new Map(files);
    assert.ok(Date.now() < end, `${unread} files were not read`);
  }
}

const projectThumbnail = async (project: string) =>
  data<{ thumbnail_src: string | null }>(await api.get(project)).thumbnail_src;

const uuidOf = (project: string) => project.split('/').at(-1) ?? '';

async function keysOf(project: string): Promise<string[]> {
  const list = new ListObjectsV2Command({ Bucket: target.s3.bucket, Prefix: uuidOf(project) });
  const { Contents = [] } = await storage.send(list);
  return Contents.map(({ Key = '' }) => Key.slice(uuidOf(project).length));
}

async function fetchJpeg(link: string): Promise<Buffer> {
  const response = await fetch(link);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'image/jpeg');
  return Buffer.from(await response.arrayBuffer());
}

/** Width, height, and how the first Exif segment says to turn it. */
function describeJpeg(jpeg: Buffer) {
  assert.equal(jpeg.readUInt16BE(0), 0xffd8);
  assert.ok(jpeg.lastIndexOf(Buffer.from([0xff, 0xd9])) > jpeg.length / 2, 'has an end');
  assert.equal(jpeg.toString('latin1', 6, 10), 'Exif');
  const orientation = jpeg.readUInt16BE(30);
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg.readUInt16BE(at);
    assert.equal(marker >> 8, 0xff);
    const isFrame = marker >= 0xffc0 && marker <= 0xffc2;
    if (isFrame) return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7), orientation };
  }
  return assert.fail('has no frame');
}

describe('thumbnails', () => {
  it('are JPEGs of the photos that have one inside, and null for others [L14.6, L14.7]', SKIP, async () => {
    const project = await projectOf([...WITH, ...WITHOUT]);
    const thumbnails = await thumbnailsOf(project);
    const names = [...thumbnails].flatMap(([name, link]) => (link === null ? [] : [name]));
    assert.deepEqual(names.sort(), WITH.map((path) => basename(path)).sort());
    assert.equal(thumbnails.size, WITH.length + WITHOUT.length);
    for (const name of names) {
      const jpeg = await fetchJpeg(thumbnails.get(name) ?? '');
      assert.ok(jpeg.length <= 257 * 1024);
      const { width, height, orientation } = describeJpeg(jpeg);
      assert.ok(Math.max(width, height) >= 160, `${name}: ${width} x ${height}`);
      assert.equal(orientation, 1);
    }
    const files = data<{ files: { file_name: string }[] }>(await api.get(`${project}/files`)).files;
    assert.deepEqual(files.map(({ file_name: name }) => name).sort(), [...thumbnails.keys()].sort());

    const first = await projectThumbnail(project);
    assert.deepEqual(await fetchJpeg(first ?? ''), await fetchJpeg(thumbnails.get('Canon_PowerShot_S40.jpg') ?? ''));
  });

  it('say how to turn the photo [L14.6]', SKIP, async () => {
    const project = await api.newProject();
    const upright = await sample('jpeg/DSCN0010.jpg');
    // The first entry of tag 0x112, type SHORT, one value.
    const entry = upright.indexOf(Buffer.from('120103000100000001', 'hex'));
    assert.ok(entry > 0);
    upright.writeUInt16LE(6, entry + 8);
    await api.upload(project, 'turned.jpg', upright);
    const link = (await thumbnailsOf(project)).get('turned.jpg');
    assert.equal(describeJpeg(await fetchJpeg(link ?? '')).orientation, 6);
  });

  it('follow what replaces a photo, and go with it [L14.8]', SKIP, async () => {
    const project = await projectOf(['jpeg/DSCN0010.jpg', 'raw/FujiFilm.raf']);
    const before = await fetchJpeg((await thumbnailsOf(project)).get('DSCN0010.jpg') ?? '');
    assert.deepEqual((await keysOf(project)).sort(), [
      ...['.thumbnails/DSCN0010.jpg', '.thumbnails/FujiFilm.raf', '/DSCN0010.jpg', '/FujiFilm.raf'],
    ]);

    const replace = async (bytes: Buffer) => {
      await api.upload(project, 'DSCN0010.jpg', bytes);
      await api.get(`${project}/files`);
      return (await thumbnailsOf(project)).get('DSCN0010.jpg');
    };
    const other = await fetchJpeg((await replace(await sample('jpeg/DSCN0012.jpg'))) ?? '');
    assert.notDeepEqual(other, before);
    assert.equal(await replace(photoBytes({ seed: 'none', size: 3000 })), null);
    assert.match((await projectThumbnail(project)) ?? '', /FujiFilm\.raf/);

    await api.delete(`${project}/files/FujiFilm.raf`);
    assert.ok(!(await keysOf(project)).some((key) => key.includes('FujiFilm')));
    assert.equal(await projectThumbnail(project), null);
    await api.delete(project);
    assert.deepEqual(await keysOf(project), []);
  });
});
