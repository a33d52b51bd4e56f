import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { MAX_PART_COUNT, MIN_PART_SIZE } from '@darkslide/contract';
import { onEveryDatabase } from '../../test/database.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const QUICK = { holdMs: 60_000, renewMs: 20, waitMs: 30, pollMs: 1 };

/** A started upload with a part of 5 MiB but for the last, which has 9 bytes. */
async function startUpload(server: TestServer, body: Record<string, unknown> = {}) {
  const { path, uuid } = await server.createProject();
  const request = { file_name: 'IMG_0001.CR3', part_count: 3, ...body };
  const { data } = (await server.call('POST', `${path}/multipart_uploads`, request)).body;
  const uploadId: string = data.upload_id;
  const upload = `${path}/multipart_uploads/${uploadId}`;
  return {
    path,
    uuid,
    uploadId,
    upload,
    data,
    put: (number: number, size = number === request.part_count ? 9 : MIN_PART_SIZE) =>
      server.store.putPart({ uploadId }, number, size),
    complete: (fields: Record<string, unknown> = {}) =>
      server.call('POST', `${upload}/complete`, { file_name: request.file_name, ...fields }),
    abort: (fields?: unknown) => server.call('DELETE', upload, fields),
  };
}

const numbersOf = (parts: { part_number: number }[]) => parts.map(({ part_number }) => part_number);

onEveryDatabase('multipart uploads', (database) => {
  test('go from start to complete, and again the same', async (t) => {
    const server = await startTestServer(t, { database });
    const { data, uuid, path, put, complete, upload, uploadId } = await startUpload(server);
    assert.equal(data.key, `${uuid}/IMG_0001.CR3`);
    assert.deepEqual(numbersOf(data.parts), [1, 2, 3]);
    for (const { part_number, upload_url } of data.parts) assert.ok(upload_url.endsWith(`?${uploadId}/${part_number}`));
    assert.equal((await server.call('GET', path)).body.data.status, 'Uploading');

    for (const number of [3, 1, 2]) put(number);
    const first = await complete();
    assert.equal(first.status, 200);
    const { etag, ...rest } = first.body.data;
    const size = 2 * MIN_PART_SIZE + 9;
    assert.deepEqual(rest, { file_name: 'IMG_0001.CR3', key: data.key, size });
    assert.match(etag, /^[0-9a-f]{32}-3$/);
    assert.deepEqual((await complete()).body, first.body);
    assert.deepEqual((await complete({ size })).body, first.body);

    assert.equal((await server.call('GET', path)).body.data.status, 'Uploaded');
    const [file] = (await server.call('GET', `${path}/files`)).body.data.files;
    assert.deepEqual([file.status, file.size, file.etag], ['uploaded', size, etag]);
    const { state, parts } = (await server.call('GET', upload)).body.data;
    assert.deepEqual([state, parts], ['completed', []]);
  });

  test('need a part count from 1 to 10,000', async (t) => {
    const server = await startTestServer(t, { database });
    const { path } = await server.createProject();
    const start = (body: unknown) => server.call('POST', `${path}/multipart_uploads`, body);
    for (const [part_count, got] of [
      [0, '0'],
      [MAX_PART_COUNT + 1, '10001'],
      [-1, '-1'],
      [1.5, '1.5'],
      ['3', '"3"'],
      [null, 'null'],
      [[3], 'a list'],
      [undefined, 'nothing'],
    ] as const) {
      const answer = await start({ file_name: 'a', part_count });
      assert.equal(answer.status, 400);
      assert.deepEqual(
        [answer.body.error.code, answer.body.error.message],
        ['invalid_part_count', `The part_count for "a" must be an integer from 1 to 10000; got ${got}.`],
      );
    }
    assert.equal((await start({ part_count: 3 })).body.error.message, 'file_name is missing.');
    assert.equal((await start({ file_name: 'a/b', part_count: 3 })).body.error.code, 'invalid_file_name');
    assert.equal((await start({ file_name: 'a', part_count: 3, md5: 'x' })).body.error.code, 'invalid_md5');
    assert.equal((await start({ file_name: 'a', part_count: 3, size: -1 })).status, 400);
    assert.equal(server.store.uploads.size, 0);

    assert.equal((await start({ file_name: 'a', part_count: 1 })).body.data.parts.length, 1);
    const most = (await start({ file_name: 'a', part_count: MAX_PART_COUNT })).body.data.parts;
    assert.deepEqual([most.length, most.at(-1).part_number], [MAX_PART_COUNT, MAX_PART_COUNT]);
  });

  test('give part links later, each once, and only of their own parts', async (t) => {
    const server = await startTestServer(t, { database });
    const { data, upload, put, complete, abort } = await startUpload(server, { links: false });
    assert.deepEqual([data.parts, data.expires_at], [[], null]);
    const links = (part_numbers: unknown) => server.call('POST', `${upload}/part_links`, { part_numbers });
    const answer = (await links([3, 1, 3])).body.data;
    assert.deepEqual(numbersOf(answer.parts), [3, 1]);
    assert.ok(Date.parse(answer.expires_at) > Date.now());

    for (const [numbers, code, message] of [
      [[1, 4], 'invalid_part_number', "Part 4 is not one of this upload's parts; they are 1 to 3."],
      [[0], 'invalid_part_number', "Part 0 is not one of this upload's parts; they are 1 to 3."],
      [[1.5], 'invalid_part_number', "Part 1.5 is not one of this upload's parts; they are 1 to 3."],
      [['1'], 'invalid_request', 'part_numbers[0] must be an integer; got "1".'],
      [[], 'invalid_request', 'part_numbers is empty.'],
      [undefined, 'invalid_request', 'part_numbers is missing.'],
    ] as const) {
      const { status, body } = await links(numbers);
      assert.deepEqual([status, body.error.code, body.error.message], [400, code, message]);
    }
    for (const number of [1, 2, 3]) put(number);
    await complete();
    assert.equal((await links([1])).body.error.code, 'upload_completed');
    assert.equal((await abort()).status, 409);
  });

  test('are not completed with a hole, and can be repaired', async (t) => {
    const server = await startTestServer(t, { database });
    const { put, complete, upload } = await startUpload(server);
    const missing = await complete();
    assert.deepEqual([missing.status, missing.body.error.code], [409, 'upload_parts_missing']);
    put(1);
    put(3);
    const hole = (await complete()).body.error;
    assert.deepEqual(hole.details, [2]);
    assert.match(hole.message, /part 2 of 3 did not arrive/);
    const { state, parts } = (await server.call('GET', upload)).body.data;
    assert.deepEqual([state, numbersOf(parts)], ['open', [1, 3]]);
    put(2);
    assert.equal((await complete()).status, 200);
  });

  test('are not completed with a small part before the last', async (t) => {
    const server = await startTestServer(t, { database });
    const { put, complete } = await startUpload(server);
    put(1, MIN_PART_SIZE - 1);
    put(2, MIN_PART_SIZE);
    put(3, 0);
    const { status, body } = await complete();
    assert.deepEqual([status, body.error.code, body.error.details], [409, 'upload_part_too_small', [1]]);
    put(1, MIN_PART_SIZE);
    assert.equal((await complete()).status, 200);
  });

  test('are not completed with another size than declared, at the start or at the end', async (t) => {
    const server = await startTestServer(t, { database });
    const size = MIN_PART_SIZE + 9;
    for (const [atStart, atEnd, refused] of [
      [size, undefined, undefined],
      [undefined, size, undefined],
      [size, size, undefined],
      [null, null, undefined],
      [size + 1, undefined, [409, 'upload_size_mismatch']],
      [undefined, size - 1, [409, 'upload_size_mismatch']],
      [size, size + 1, [400, 'upload_mismatch']],
    ] as const) {
      const { put, complete, upload } = await startUpload(server, { part_count: 2, size: atStart });
      put(1);
      put(2);
      const { status, body } = await complete({ size: atEnd });
      assert.deepEqual(refused ?? [200, undefined], [status, body.error?.code]);
      if (refused) assert.equal((await server.call('GET', upload)).body.data.state, 'open');
    }
  });

  test('belong to one file and one project', async (t) => {
    const server = await startTestServer(t, { database });
    const one = await startUpload(server, { file_name: 'Caf\u00e9.CR3' });
    const other = await startUpload(server);
    for (const number of [1, 2, 3]) one.put(number);
    const wrongFile = await one.complete({ file_name: 'Cafe.CR3' });
    assert.deepEqual([wrongFile.status, wrongFile.body.error.code], [400, 'upload_mismatch']);
    const elsewhere = `${other.path}/multipart_uploads/${one.uploadId}`;
    for (const answer of [
      await server.call('GET', elsewhere),
      await server.call('DELETE', elsewhere),
      await server.call('POST', `${elsewhere}/complete`, { file_name: 'Caf\u00e9.CR3' }),
      await server.call('POST', `${elsewhere}/part_links`, { part_numbers: [1] }),
      await server.call('GET', `${one.path}/multipart_uploads/%00`),
    ]) {
      assert.deepEqual([answer.status, answer.body.error.code], [404, 'upload_not_found']);
    }
    const wrongKey = await one.abort({ key: other.data.key });
    assert.deepEqual([wrongKey.status, wrongKey.body.error.code], [400, 'upload_mismatch']);

    const completed = await one.complete({ file_name: 'Cafe\u0301.CR3' });
    assert.deepEqual([completed.status, completed.body.data.file_name], [200, 'Cafe\u0301.CR3']);
  });

  test('are aborted with a key, an empty body or none, and again', async (t) => {
    const server = await startTestServer(t, { database });
    for (const bodyOf of [(key: string) => ({ key }), () => ({}), () => undefined, () => ({ key: null })]) {
      const { abort, complete, put, upload, data } = await startUpload(server);
      put(1);
      for (let time = 1; time <= 2; time++) {
        const answer = await abort(bodyOf(data.key));
        assert.deepEqual([answer.status, answer.body], [204, undefined]);
      }
      const late = await complete();
      assert.deepEqual([late.status, late.body.error.code], [404, 'upload_not_found']);
      assert.equal((await server.call('GET', upload)).body.data.state, 'aborted');
    }
    assert.equal(server.store.uploads.size, 0);
  });

  test('are listed while they are open, oldest first, in pages', async (t) => {
    const server = await startTestServer(t, { database });
    const { path } = await server.createProject();
    const ids: string[] = [];
    for (let number = 1; number <= 5; number++) {
      const body = { file_name: `${number}.CR3`, part_count: number, size: number };
      ids.push((await server.call('POST', `${path}/multipart_uploads`, body)).body.data.upload_id);
    }
    await server.call('DELETE', `${path}/multipart_uploads/${ids[1]}`);
    const page = async (query: string) => (await server.call('GET', `${path}/multipart_uploads?${query}`)).body.data;
    const first = await page('limit=3');
    const second = await page(`limit=3&cursor=${first.next_cursor}`);
    assert.equal(second.next_cursor, null);
    const listed = [...first.uploads, ...second.uploads];
    assert.deepEqual(
      listed.map(({ upload_id, file_name, state, size }) => [upload_id, file_name, state, size]),
      [0, 2, 3, 4].map((index) => [ids[index], `${index + 1}.CR3`, 'open', index + 1]),
    );
    assert.equal((await server.call('GET', `${path}/multipart_uploads?cursor=YQ`)).status, 400);
  });

  test('are completed once by many at the same time', async (t) => {
    const server = await startTestServer(t, { database });
    const { put, complete } = await startUpload(server);
    for (const number of [1, 2, 3]) put(number);
    const answers = await Promise.all(Array.from({ length: 10 }, () => complete()));
    for (const answer of answers) assert.deepEqual([answer.status, answer.body], [200, answers[0]?.body]);
    assert.equal(server.store.calls.filter((call) => call === 'completeUpload').length, 1);
  });

  test('are busy while another request takes its time with them', async (t) => {
    const server = await startTestServer(t, { database, times: QUICK });
    const { put, complete, abort, upload } = await startUpload(server);
    for (const number of [1, 2, 3]) put(number);
    let finish = () => {};
    const asked = new Promise<void>((reached) => {
      server.store.around = async (call, work) => {
        if (call !== 'completeUpload') return work();
        reached();
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return work();
      };
    });
    const first = complete();
    await asked;
    for (const answer of [await complete(), await abort()]) {
      assert.deepEqual([answer.status, answer.body.error.code], [409, 'upload_busy']);
      assert.ok(Number(answer.headers['retry-after']) >= 1);
    }
    assert.equal((await server.call('GET', upload)).body.data.state, 'completing');
    finish();
    assert.equal((await first).status, 200);
    assert.equal((await abort()).body.error.code, 'upload_completed');
  });

  test('that storage lost are gone', async (t) => {
    const server = await startTestServer(t, { database });
    for (const look of ['get', 'complete', 'abort'] as const) {
      const { put, upload, complete, abort } = await startUpload(server);
      put(1);
      server.store.uploads.clear();
      if (look === 'get') assert.equal((await server.call('GET', upload)).body.data.state, 'aborted');
      if (look === 'complete') assert.equal((await complete()).status, 404);
      if (look === 'abort') assert.equal((await abort()).status, 204);
      assert.equal((await server.call('GET', upload)).body.data.state, 'aborted');
    }
  });

  test('whose parts change while they are completed stay open', async (t) => {
    const server = await startTestServer(t, { database });
    const { put, complete, uploadId } = await startUpload(server);
    for (const number of [1, 2, 3]) put(number);
    server.store.around = async (call, work) => {
      if (call === 'completeUpload') server.store.putPart({ uploadId }, 3, 10, 'other bytes');
      return work();
    };
    const answer = await complete();
    assert.deepEqual([answer.status, answer.body.error.code], [409, 'upload_busy']);
    server.store.around = async (_, work) => work();
    assert.equal((await complete()).body.data.size, 2 * MIN_PART_SIZE + 10);
  });

  test('leave nothing in storage where recording them fails', async (t) => {
    const server = await startTestServer(t, { database });
    const { path } = await server.createProject();
    t.mock.method(server.database.uploads, 'add', async () => {
      throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
    });
    const answer = await server.call('POST', `${path}/multipart_uploads`, { file_name: 'a', part_count: 1 });
    assert.deepEqual([answer.status, answer.body.error.code], [503, 'database_unavailable']);
    assert.equal(server.store.uploads.size, 0);
  });

  test('keep an MD5 declared at the end', async (t) => {
    const server = await startTestServer(t, { database });
    const { path, uuid, put, complete } = await startUpload(server, { part_count: 1 });
    put(1);
    const md5 = createHash('md5').update('whole').digest('base64');
    assert.equal((await complete({ md5: 'x' })).body.error.code, 'invalid_md5');
    assert.equal((await complete({ md5 })).status, 200);
    server.store.put(`${uuid}/IMG_0001.CR3`, 'whole');
    assert.equal((await server.call('GET', `${path}/files/IMG_0001.CR3`)).body.data.md5_matches, true);
  });
});
