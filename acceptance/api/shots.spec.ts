import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exifPhoto, photoBytes, runDarkslide } from '@darkslide/testkit';
import { Api, data, PROFILE, refusal } from '../support/api.ts';
import { startServer, useTarget } from '../support/target.ts';
import { mintToken } from '../support/upload-tokens.ts';

const { api, other } = await useTarget();

type Shot = {
  id: string;
  files: { path: string; thumbnail_src?: string | null }[];
  set?: string;
  position?: number;
  order: number;
};
type Page = {
  version: number;
  shots: Shot[];
  sets: { id: string; kind: string; complete: boolean | null; frames: { shot: string }[] }[];
  singles: string[];
  problems: { message: string }[];
  unknown: { path: string; reason: string }[];
  unread: number;
  next_cursor: string | null;
};

/** The server looks for unread photos every few seconds. */
const PATIENCE_MS = 60_000;

async function firstPage(project: string, limit = 1000): Promise<Page> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const page = data<Page>(await api.get(`${project}/shots?limit=${limit}`));
    if (page.unread === 0) return page;
    assert.ok(Date.now() < end, `${page.unread} files were not read`);
  }
}

async function allPages(project: string, limit: number): Promise<Page[]> {
  const pages = [await firstPage(project, limit)];
  for (let cursor = pages[0]?.next_cursor; cursor; cursor = pages.at(-1)?.next_cursor) {
    pages.push(data<Page>(await api.get(`${project}/shots?limit=${limit}&cursor=${cursor}`)));
  }
  return pages;
}

type Item = string | { id?: string; path?: string; message?: string };

function inOrder(items: readonly Item[]): Item[] {
  const keyOf = (item: Item) => (typeof item === 'string' ? item : (item.id ?? item.message ?? item.path ?? ''));
  return items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Two bracket sets, a single, a twin, a file that is not a photo, and a sidecar without a photo. */
function shoot(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const takenAt = (second: number) => new Date(Date.UTC(2026, 5, 1, 12, 0, second));
  for (const [set, begin] of [0, 60].entries()) {
    for (const [frame, speed] of [100, 400, 25].entries()) {
      const name = `IMG_${100 + set * 10 + frame}.JPG`;
      files.set(name, exifPhoto({ takenAt: takenAt(begin + frame), speed, bracketed: true }));
    }
  }
  files.set('IMG_200.JPG', exifPhoto({ takenAt: takenAt(300), speed: 60 }));
  files.set('IMG_200.CR2', photoBytes({ seed: 'raw', size: 3000 }));
  files.set('IMG_999.xmp', Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'));
  files.set('empty.NEF', Buffer.alloc(0));
  return files;
}

async function uploadShoot(): Promise<{ project: string; files: Map<string, Buffer> }> {
  const project = await api.newProject();
  const files = shoot();
  for (const [name, bytes] of files) await api.upload(project, name, bytes);
  return { project, files };
}

describe('the shots of a project', () => {
  it('are what `darkslide inspect` says of the same files, whatever the page [L14.1, L14.2, L14.4]', async () => {
    const { project, files } = await uploadShoot();
    const folder = await mkdtemp(join(tmpdir(), 'darkslide-shots-'));
    for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
    const { stdout } = await runDarkslide(['inspect', folder, '--json']);
    const expected = JSON.parse(stdout.replaceAll(`${folder}/`, '')) as Page;
    assert.equal(expected.sets.length, 2);

    for (const limit of [1, 3, 1000]) {
      const pages = await allPages(project, limit);
      const bare = ({ set: _, position: __, files, ...shot }: Shot) => ({
        ...shot,
        files: files.map(({ thumbnail_src: _, ...file }) => file),
      });
      assert.deepEqual(
        pages.flatMap(({ shots }) => shots.map(bare)),
        expected.shots,
      );
      for (const list of ['sets', 'singles', 'problems', 'unknown'] as const) {
        const listed = pages.flatMap((page): readonly Item[] => page[list]);
        assert.deepEqual(inOrder(listed), inOrder(expected[list]), list);
      }
      for (const { shots, sets, singles } of pages) {
        assert.ok(shots.length <= limit);
        const ids = shots.map(({ id }) => id);
        for (const { frames } of sets) assert.ok(ids.includes(frames[0]?.shot ?? ''));
        for (const single of singles) assert.ok(ids.includes(single));
      }
      const members = pages.flatMap(({ shots }) => shots.filter(({ set }) => set).map(({ set, id }) => [set, id]));
      assert.deepEqual(
        members,
        expected.sets.flatMap(({ id, frames }) => frames.map(({ shot }) => [id, shot])),
      );
    }
  });

  it('follow what is deleted; a page of an older version is the same, or refused [L14.3, L14.5, E.shots_changed]', async () => {
    const { project } = await uploadShoot();
    const first = await firstPage(project, 1);
    assert.ok(first.next_cursor);
    const second = data<Page>(await api.get(`${project}/shots?limit=1&cursor=${first.next_cursor}`));
    const names = ['IMG_100.JPG', 'IMG_101.JPG', 'IMG_102.JPG', 'IMG_110.JPG', 'IMG_111.JPG'];
    for (const [index, name] of names.entries()) {
      await api.delete(`${project}/files/${name}`);
      const listed = (await firstPage(project)).shots.flatMap(({ files }) => files.map(({ path }) => path));
      for (const gone of names.slice(0, index + 1)) assert.ok(!listed.includes(gone), gone);
      assert.ok(listed.includes('IMG_112.JPG'));
      if (index > 0) continue;
      const again: Page = data<Page>(await api.get(`${project}/shots?limit=1&cursor=${first.next_cursor}`));
      assert.deepEqual(again.shots, second.shots);
    }
    const late = await api.get(`${project}/shots?limit=1&cursor=${first.next_cursor}`);
    refusal(late, { status: 409, code: 'shots_changed' });
  });

  it('are for keys of the account alone [L14.1]', async () => {
    const project = await api.newProject();
    refusal(await other.get(`${project}/shots`), { status: 404, code: 'project_not_found' });
    const { token } = await mintToken(api, project);
    const guest = new Api({ apiUrl: api.url, apiKey: token });
    refusal(await guest.get(`${project}/shots`), { status: 403, code: 'api_key_required' });
    for (const limit of [0, 1001]) {
      refusal(await api.get(`${project}/shots?limit=${limit}`), { status: 400, code: 'invalid_request' });
    }
    for (const limit of [1, 1000]) {
      assert.deepEqual(data<Page>(await api.get(`${project}/shots?limit=${limit}`)), {
        ...{ version: 1, shots: [], sets: [], singles: [], problems: [], unknown: [], unread: 0, next_cursor: null },
      });
    }
  });

  it('are not there where the operator wants none [E.photos_not_read]', async () => {
    const server = await startServer({ env: { DARKSLIDE_READ_PHOTOS: 'false' } });
    try {
      const own = new Api({ apiUrl: server.apiUrl, apiKey: server.apiKey });
      const project = await own.newProject(PROFILE);
      refusal(await own.get(`${project}/shots`), { status: 404, code: 'photos_not_read' });
    } finally {
      await server.remove();
    }
  });
});
