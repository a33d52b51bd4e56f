import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { photoBytes } from '@darkslide/testkit';
import { data, FAMILIES, type PartUrl, PROFILE, putLink, refusal, SMART_EDITING } from '../support/api.ts';
import {
  abort,
  type Completed,
  complete,
  fullPart,
  MIN_PART,
  namesNumber,
  putParts,
  start,
} from '../support/multipart.ts';
import { signsContentType } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { api } = await useTarget();

const tail = Buffer.from('the last part');

/** S3's ETag of a multipart object: hex(md5(md5s))-N. */
function multipartETag(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash('md5').update(part).digest());
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`;
}

for (const family of FAMILIES) {
  describe(`multipart uploads under ${family}`, () => {
    it('start with a URL a part, and complete to the parts in order [L5.1, L5.3, L5.4, L5.19]', async () => {
      const project = await api.newProject(family);
      const upload = await start(api, project, { file_name: 'large.NEF', part_count: 3 });
      assert.ok(typeof upload.upload_id === 'string' && upload.upload_id !== '');
      assert.deepEqual(
        upload.parts.map((part) => part.part_number),
        [1, 2, 3],
      );
      const parts = [fullPart(1), fullPart(2), tail] as const;
      await putParts(upload, { 3: parts[2], 1: parts[0], 2: parts[1] });
      const completed = data<Completed>(await complete(api, upload));
      assert.deepEqual(completed, {
        file_name: 'large.NEF',
        key: upload.key,
        size: 2 * MIN_PART + tail.length,
        etag: multipartETag(parts),
      });
      assert.ok((await api.download(project, 'large.NEF')).equals(Buffer.concat(parts)));
      const { status, size, etag } = await api.file(project, 'large.NEF');
      assert.deepEqual({ status, size, etag }, { status: 'uploaded', size: completed.size, etag: completed.etag });
    });

    it('take one part of any size, even of none [L5.2, L5.4]', async () => {
      const project = await api.newProject(family);
      for (const size of [0, 1, 100_000]) {
        const upload = await start(api, project, { file_name: `${size}.NEF`, part_count: 1 });
        await putParts(upload, { 1: photoBytes({ seed: size, size }) });
        assert.equal(data<Completed>(await complete(api, upload)).size, size);
      }
    });

    it('are aborted with or without a body, again and again [L5.12, L5.13]', async () => {
      const project = await api.newProject(family);
      for (const body of [undefined, {}, { key: null }, 'key'] as const) {
        const upload = await start(api, project, { file_name: 'a.NEF', part_count: 2 });
        await putParts(upload, { 1: tail });
        for (let count = 0; count < 3; count++) {
          const answer = await api.delete(upload.path, body === 'key' ? { key: upload.key } : body);
          assert.equal(answer.status, 204, answer.text);
          assert.equal(answer.body.length, 0);
        }
        refusal(await complete(api, upload), { status: 404, code: 'upload_not_found' });
        const late = await putLink(upload.parts[0]?.upload_url as string, tail);
        assert.equal(late.status, 404);
        assert.match(late.text, /<Code>NoSuchUpload<\/Code>/);
      }
      refusal(await api.get(`${project}/files/a.NEF`), { status: 404, code: 'file_not_found' });
    });
  });
}

describe('part_count', () => {
  it('is an integer from 1 to 10,000 [L5.2, L5.21, E.invalid_part_count]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const bad = ['0', '-1', '10001', '1.5', '"3"', 'null', 'true', '[]', '1e9', '99999999999999999999'];
    for (const value of bad) {
      const body = `{"file_name": "a.NEF", "part_count": ${value}}`;
      const answer = await api.call('POST', `${project}/multipart_uploads`, { body });
      const { message } = refusal(answer, { status: 400, code: 'invalid_part_count' });
      assert.match(message, /10000|10,000/);
    }
    const missing = await api.post(`${project}/multipart_uploads`, { file_name: 'a.NEF' });
    assert.match(refusal(missing, { status: 400 }).message, /part_count/);
    assert.deepEqual(data<{ uploads: unknown[] }>(await api.get(`${project}/multipart_uploads`)).uploads, []);
    assert.deepEqual(await api.files(project), []);
  });

  it('of 10,000 gives 10,000 URLs [L5.1, L5.2]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'huge.NEF', part_count: 10_000 });
    assert.deepEqual(
      upload.parts.map((part) => part.part_number),
      Array.from({ length: 10_000 }, (_, index) => index + 1),
    );
    await putParts(upload, { 10000: tail });
    assert.equal((await abort(api, upload)).status, 204);
  });
});

describe('a start', () => {
  it('checks name, md5 and size as links do [L5.21, E.invalid_file_name, E.invalid_md5]', async () => {
    const project = await api.newProject();
    const cases: [body: object, code: RegExp][] = [
      [{ file_name: 'a/b.NEF' }, /^invalid_file_name$/],
      [{ file_name: '' }, /^invalid_file_name$/],
      [{ file_name: 'x'.repeat(256) }, /^invalid_file_name$/],
      [{ file_name: 'a.NEF', md5: 'nonsense' }, /^invalid_md5$/],
      [{ file_name: 'a.NEF', size: -1 }, /^invalid_request$/],
      [{ file_name: 'a.NEF', size: 1.5 }, /^invalid_request$/],
      [{ file_name: 'a.NEF', size: '5' }, /^invalid_request$/],
    ];
    for (const [body, code] of cases) {
      refusal(await api.post(`${project}/multipart_uploads`, { part_count: 1, ...body }), { status: 400, code });
    }
    assert.deepEqual(await api.files(project), []);
  });

  it('without links gives none, and part links work [L5.16, L5.18]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 3, links: false });
    assert.deepEqual(upload.parts, []);
    const { parts } = data<{ parts: PartUrl[] }>(
      await api.post(`${upload.path}/part_links`, { part_numbers: [3, 1, 2] }),
    );
    assert.deepEqual(parts.map((part) => part.part_number).sort(), [1, 2, 3]);
    await putParts({ parts }, { 1: fullPart(1), 2: fullPart(2), 3: tail });
    assert.equal(data<Completed>(await complete(api, upload)).size, 2 * MIN_PART + tail.length);
  });

  it('is independent of other uploads of the same name; the last to complete wins [L5.20]', async () => {
    const project = await api.newProject();
    const first = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    const second = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    assert.notEqual(first.upload_id, second.upload_id);
    await putParts(first, { 1: Buffer.from('first') });
    await putParts(second, { 1: Buffer.from('second') });
    data(await complete(api, second));
    assert.equal((await api.download(project, 'a.NEF')).toString(), 'second');
    data(await complete(api, first));
    assert.equal((await api.download(project, 'a.NEF')).toString(), 'first');
  });
});

describe('part links', () => {
  it('are given for the asked numbers only [L5.16, E.invalid_part_number]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 4 });
    const ask = (numbers: unknown) => api.post(`${upload.path}/part_links`, { part_numbers: numbers });
    const { parts } = data<{ parts: PartUrl[] }>(await ask([2, 4]));
    assert.deepEqual(
      parts.map((part) => part.part_number),
      [2, 4],
    );
    await putParts({ parts }, { 2: fullPart(2), 4: tail });
    assert.ok(namesNumber(refusal(await ask([1, 5]), { status: 400, code: 'invalid_part_number' }).message, 5));
    for (const numbers of [[], [0], [-1], [1.5], ['1'], 'x', null, undefined, [10_001]]) {
      const error = refusal(await ask(numbers), { status: 400 });
      assert.match(error.code, /^invalid_(part_number|request)$/, JSON.stringify(numbers));
    }
    data(await complete(api, await repaired(upload)));
    refusal(await ask([1]), { status: 409, code: 'upload_completed' });
  });

  const repaired = async (upload: Awaited<ReturnType<typeof start>>) => {
    await putParts(upload, { 1: fullPart(1), 2: fullPart(2), 3: fullPart(3), 4: tail });
    return upload;
  };

  it("follow the PUT's rules [L5.3, L4.2, L4.3]", async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    const url = upload.parts[0]?.upload_url as string;
    const typed = await putLink(url, tail, { 'Content-Type': 'image/jpeg' });
    assert.equal(typed.status, signsContentType(url) ? 403 : 200);
    assert.equal((await putLink(url.replace(/partNumber=1/, 'partNumber=2'), tail)).status, 403);
    const answer = await putLink(url, tail, {});
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, `"${createHash('md5').update(tail).digest('hex')}"`);
  });
});

describe('an open upload', () => {
  it('tells its state and what storage holds of it [L5.15]', async () => {
    const project = await api.newProject(PROFILE);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 3, size: MIN_PART * 2 + tail.length });
    type State = { state: string; part_count: number; parts: { part_number: number; size: number; etag: string }[] };
    const state = async () => data<State>(await api.get(upload.path));
    assert.deepEqual((await state()).parts, []);
    await putParts(upload, { 3: tail, 1: fullPart(1) });
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
    const { state: open, part_count: partCount, parts } = await state();
    assert.deepEqual({ open, partCount }, { open: 'open', partCount: 3 });
    assert.deepEqual(parts, [
      { part_number: 1, size: MIN_PART, etag: md5(fullPart(1)) },
      { part_number: 3, size: tail.length, etag: md5(tail) },
    ]);
    await putParts(upload, { 2: fullPart(2) });
    data(await complete(api, upload));
    assert.equal((await state()).state, 'completed');
    const second = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
    await abort(api, second);
    assert.equal(data<State>(await api.get(second.path)).state, 'aborted');
  });

  it('is listed until it is completed or aborted, page by page [L5.17]', async () => {
    const project = await api.newProject();
    type Page = { uploads: { upload_id: string; file_name: string }[]; next_cursor: string | null };
    const list = async (limit: number) => {
      const names: string[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: Page = data<Page>(await api.get(`${project}/multipart_uploads?limit=${limit}${query}`));
        assert.ok(page.uploads.length <= limit);
        names.push(...page.uploads.map((upload) => upload.file_name));
        cursor = page.next_cursor;
      } while (cursor !== null);
      return names;
    };
    assert.deepEqual(await list(2), []);
    const uploads = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      uploads.push(await start(api, project, { file_name: name, part_count: 1 }));
    }
    for (const limit of [1, 2, 5, 1000]) assert.deepEqual((await list(limit)).sort(), ['a', 'b', 'c', 'd', 'e']);
    await abort(api, uploads[0] as (typeof uploads)[0]);
    await putParts(uploads[1] as (typeof uploads)[0], { 1: tail });
    data(await complete(api, uploads[1] as (typeof uploads)[0]));
    assert.deepEqual((await list(2)).sort(), ['c', 'd', 'e']);
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=nonsense']) {
      refusal(await api.get(`${project}/multipart_uploads?${query}`), { status: 400, code: 'invalid_request' });
    }
  });
});
