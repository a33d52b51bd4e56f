import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { data, mentions, putLink, refusal, SMART_EDITING } from '../support/api.ts';
import {
  abort,
  type Completed,
  complete,
  fullPart,
  MIN_PART,
  namesNumber,
  putAgain,
  putParts,
  start,
} from '../support/multipart.ts';
import { useTarget } from '../support/target.ts';

const { api } = await useTarget();

const tail = Buffer.from('the last part');

describe('complete', () => {
  it('refuses a hole and stays repairable [L5.5, L5.8, E.upload_parts_missing]', async () => {
    const project = await api.newProject(SMART_EDITING);
    const upload = await start(api, project, { file_name: 'a.NEF', part_count: 4 });
    await putParts(upload, { 1: fullPart(1), 4: tail });
    const error = refusal(await complete(api, upload), { status: 409, code: 'upload_parts_missing' });
    for (const number of [2, 3]) {
      assert.ok(namesNumber(error.message, number), error.message);
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
    assert.ok(namesNumber(error.message, 2) && mentions(error.details, 2) && !mentions(error.details, 3));
    await putAgain(upload, { 2: fullPart(2) });
    data(await complete(api, upload));
    const expected = Buffer.concat([fullPart(1), fullPart(2), tail]);
    assert.ok((await api.download(project, 'a.NEF')).equals(expected));
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
        assert.ok(namesNumber(error.message, wrong) && namesNumber(error.message, size), error.message);
        if (where === 'complete') data(await complete(api, upload, { size }));
      }
      const [atStart, atComplete] = declared(size);
      const upload = await start(api, project, { file_name: 'b.NEF', part_count: 2, ...atStart });
      await putParts(upload, { 1: fullPart(1), 2: tail.subarray(1) });
      refusal(await complete(api, upload, atComplete), { status: 409, code: 'upload_size_mismatch' });
      await putAgain(upload, { 2: tail });
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
    assert.deepEqual(await api.download(project, 'a.NEF'), tail);
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
    assert.ok((await api.download(project, 'a.NEF')).equals(Buffer.concat([fullPart(1), tail])));
  });

  it('and abort at once leave the file whole or not there [L5.11, L5.14]', async () => {
    const project = await api.newProject();
    for (let round = 0; round < 5; round++) {
      const name = `${round}.NEF`;
      const upload = await start(api, project, { file_name: name, part_count: 1 });
      await putParts(upload, { 1: tail });
      const [completed, aborted] = await Promise.all([complete(api, upload), abort(api, upload)]);
      const outcome = `complete ${completed.status}, abort ${aborted.status}`;
      const arrived = (await api.files(project)).some((file) => file.file_name === name && file.status === 'uploaded');
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
    assert.deepEqual(await api.download(project, 'a.NEF'), tail);
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
