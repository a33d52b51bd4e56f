import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { photoBytes, request } from '@darkslide/testkit';
import { data, FAMILIES, mentions, type PartUrl, PROFILE, putLink, refusal, SMART_EDITING } from '../support/api.ts';
import { abort, type Completed, complete, fullPart, MIN_PART, putParts, start } from '../support/multipart.ts';
import { embeddedOnly, useTarget } from '../support/target.ts';

const { api, target } = await useTarget();

const tail = Buffer.from('the last part');

/** S3's ETag of a multipart object: hex(md5(md5s))-N. */
function multipartETag(parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash('md5').update(part).digest());
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`;
}

const download = async (project: string, name: string) => {
  const { download_link: url } = await api.file(project, name);
  assert.ok(url, `${name} has arrived`);
  return (await request({ url })).body;
};

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
      assert.ok((await download(project, 'large.NEF')).equals(Buffer.concat(parts)));
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
      assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
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
    assert.equal((await download(project, 'a.NEF')).toString(), 'second');
    data(await complete(api, first));
    assert.equal((await download(project, 'a.NEF')).toString(), 'first');
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
    await putParts({ parts }, { 2: tail, 4: tail });
    assert.ok(mentionsPart(refusal(await ask([1, 5]), { status: 400, code: 'invalid_part_number' }).message, 5));
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

  it("follow the PUT's rules [L5.3, L4.2, L4.3]", embeddedOnly(target), async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    const url = upload.parts[0]?.upload_url as string;
    assert.equal((await putLink(url, tail, { 'Content-Type': 'image/jpeg' })).status, 403);
    assert.equal((await putLink(url.replace(/partNumber=1/, 'partNumber=2'), tail)).status, 403);
    const answer = await putLink(url, tail, {});
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.etag, `"${createHash('md5').update(tail).digest('hex')}"`);
  });
});

function mentionsPart(message: string, number: number): boolean {
  return new RegExp(`\\b${number}\\b`).test(message);
}

describe('complete', () => {
  it('refuses a hole and stays repairable [L5.5, L5.8, E.upload_parts_missing]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 4 });
    await putParts(upload, { 1: fullPart(1), 4: tail });
    const error = refusal(await complete(api, upload), { status: 409, code: 'upload_parts_missing' });
    for (const number of [2, 3]) {
      assert.ok(mentionsPart(error.message, number), error.message);
      assert.ok(mentions(error.details, number), JSON.stringify(error.details));
    }
    assert.ok(!mentions(error.details, 1));
    assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
    await putParts(upload, { 2: fullPart(2), 3: fullPart(3) });
    assert.equal(data<Completed>(await complete(api, upload)).size, 3 * MIN_PART + tail.length);
  });

  it('refuses a missing last part, and an upload without any [L5.5]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 2 });
    refusal(await complete(api, upload), { status: 409, code: 'upload_parts_missing' });
    await putParts(upload, { 1: fullPart(1) });
    const error = refusal(await complete(api, upload), { status: 409, code: 'upload_parts_missing' });
    assert.ok(mentions(error.details, 2) && !mentions(error.details, 1));
  });

  it('refuses a small part that is not the last and stays repairable [L5.6, L5.8, L5.20, E.upload_part_too_small]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 3 });
    await putParts(upload, { 1: fullPart(1), 2: fullPart(2).subarray(1), 3: tail });
    const error = refusal(await complete(api, upload), { status: 409, code: 'upload_part_too_small' });
    assert.ok(mentionsPart(error.message, 2) && mentions(error.details, 2) && !mentions(error.details, 3));
    await putParts(upload, { 2: fullPart(2) });
    data(await complete(api, upload));
    const expected = Buffer.concat([fullPart(1), fullPart(2), tail]);
    assert.ok((await download(project, 'a.NEF')).equals(expected));
  });

  it('sees every part where storage lists them in pages [L5.4, L5.6, L5.15]', async () => {
    const count = 1100;
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'many.NEF', part_count: count });
    for (let at = 0; at < count; at += 50) {
      await Promise.all(upload.parts.slice(at, at + 50).map((part) => putLink(part.upload_url, tail)));
    }
    const { parts } = data<{ parts: { part_number: number; size: number }[] }>(await api.get(upload.path));
    assert.equal(parts.length, count);
    const error = refusal(await complete(api, upload), { status: 409, code: 'upload_part_too_small' });
    assert.ok(mentions(error.details, 1) && mentions(error.details, count - 1) && !mentions(error.details, count));
    assert.equal((await abort(api, upload)).status, 204);
  });

  for (const where of ['start', 'complete'] as const) {
    it(`refuses parts that do not add up to the size declared at ${where} [L5.7, L5.8, E.upload_size_mismatch]`, async () => {
      const project = await api.newProject();
      const size = MIN_PART + tail.length;
      const declared = (value: number) => (where === 'start' ? [{ size: value }, {}] : [{}, { size: value }]);
      for (const wrong of [size - 1, size + 1, 0]) {
        const [atStart, atComplete] = declared(wrong);
        const upload = await start(api, project, { file_name: 'a.NEF', part_count: 2, ...atStart });
        await putParts(upload, { 1: fullPart(1), 2: tail });
        const error = refusal(await complete(api, upload, atComplete), { status: 409, code: 'upload_size_mismatch' });
        assert.ok(mentionsPart(error.message, wrong) && mentionsPart(error.message, size), error.message);
        if (where === 'complete') data(await complete(api, upload, { size }));
      }
      const [atStart, atComplete] = declared(size);
      const upload = await start(api, project, { file_name: 'b.NEF', part_count: 2, ...atStart });
      await putParts(upload, { 1: fullPart(1), 2: tail.subarray(1) });
      refusal(await complete(api, upload, atComplete), { status: 409, code: 'upload_size_mismatch' });
      await putParts(upload, { 2: tail });
      assert.equal(data<Completed>(await complete(api, upload, atComplete)).size, size);
    });
  }

  it('needs the name of its own upload [L5.9, E.upload_mismatch]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    const sibling = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    await putParts(sibling, { 1: tail });
    refusal(await complete(api, upload, { file_name: 'b.NEF' }), { status: 400, code: 'upload_mismatch' });
    refusal(await complete(api, upload, { file_name: 'nobody.NEF' }), { status: 400, code: 'upload_mismatch' });
    refusal(await complete(api, upload, { file_name: 'a/b' }), {
      status: 400,
      code: /^(invalid_file_name|upload_mismatch)$/,
    });
    refusal(await api.post(`${upload.path}/complete`, {}), { status: 400 });
    refusal(await complete(api, upload, { size: 'x' }), { status: 400, code: 'invalid_request' });
    refusal(await complete(api, upload, { md5: 'x' }), { status: 400, code: 'invalid_md5' });
    data(await complete(api, upload));
  });

  it('knows its name in NFC and in NFD [L3.4, L5.4]', async () => {
    const project = await api.newProject();
    const nfd = 'Café.NEF'.normalize('NFD');
    const upload = await start(api, project, { file_name: nfd, part_count: 1 });
    await putParts(upload, { 1: tail });
    data(await complete(api, upload, { file_name: nfd.normalize('NFC') }));
    assert.equal((await api.file(project, nfd)).status, 'uploaded');
  });

  it('answers the same again, with later PUTs changing nothing [L5.10]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    const first = data<Completed>(await complete(api, upload));
    for (let count = 0; count < 3; count++) assert.deepEqual(data(await complete(api, upload)), first);
    assert.equal((await putLink(upload.parts[0]?.upload_url as string, Buffer.from('late'))).status, 404);
    assert.deepEqual(await download(project, 'a.NEF'), tail);
  });

  it('happens once when several clients ask at once [L5.11]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 2 });
    await putParts(upload, { 1: fullPart(1), 2: tail });
    const answers = await Promise.all(Array.from({ length: 8 }, () => complete(api, upload)));
    const succeeded = answers.filter(({ status }) => status === 200);
    assert.ok(succeeded.length > 0);
    for (const answer of answers) {
      if (answer.status !== 200) refusal(answer, { status: 409, code: 'upload_busy' });
    }
    const results = succeeded.map((answer) => data<Completed>(answer));
    for (const result of [...results, data(await complete(api, upload))]) assert.deepEqual(result, results[0]);
    assert.ok((await download(project, 'a.NEF')).equals(Buffer.concat([fullPart(1), tail])));
  });

  it('and abort at once leave the file whole or not there [L5.11, L5.14]', async () => {
    const project = await api.newProject();
    for (let round = 0; round < 5; round++) {
      const name = `${round}.NEF`;
      const upload = await start(api, project, { file_name: name, part_count: 1 });
      await putParts(upload, { 1: tail });
      const [completed, aborted] = await Promise.all([complete(api, upload), abort(api, upload)]);
      const outcome = `complete ${completed.status}, abort ${aborted.status}`;
      const arrived = (await api.file(project, name)).status === 'uploaded';
      if (completed.status === 200) {
        assert.ok(arrived, outcome);
        refusal(aborted, { status: 409, code: /^upload_(completed|busy)$/ });
      } else {
        refusal(completed, { status: completed.status === 404 ? 404 : 409 });
        assert.equal(aborted.status, 204, outcome);
        assert.ok(!arrived, outcome);
      }
    }
  });

  it('of what was never started is a 404 [L5.12, E.upload_not_found]', async () => {
    const project = await api.newProject();
    const path = `${project}/multipart_uploads/nobody`;
    refusal(await api.post(`${path}/complete`, { file_name: 'a.NEF' }), { status: 404, code: 'upload_not_found' });
    refusal(await api.get(path), { status: 404, code: 'upload_not_found' });
    refusal(await api.post(`${path}/part_links`, { part_numbers: [1] }), { status: 404, code: 'upload_not_found' });
  });
});

describe('abort', () => {
  it('after complete is refused, and the file stays [L5.14, E.upload_completed]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    await putParts(upload, { 1: tail });
    const completed = data<Completed>(await complete(api, upload));
    refusal(await abort(api, upload), { status: 409, code: 'upload_completed' });
    refusal(await api.delete(upload.path), { status: 409, code: 'upload_completed' });
    assert.deepEqual(await download(project, 'a.NEF'), tail);
    assert.deepEqual(data(await complete(api, upload)), completed);
  });

  it('with the key of another file is refused, and the upload stays open [L5.9, E.upload_mismatch]', async () => {
    const project = await api.newProject();
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 1 });
    const sibling = await start(api, project, { file_name: 'b.NEF', part_count: 1 });
    for (const key of [sibling.key, '../etc/passwd', '', 'x'.repeat(2000)]) {
      refusal(await api.delete(upload.path, { key }), { status: 400, code: 'upload_mismatch' });
    }
    refusal(await api.delete(upload.path, { key: 5 }), { status: 400, code: 'invalid_request' });
    await putParts(upload, { 1: tail });
    data(await complete(api, upload));
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
