import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { photoBytes, type RawResponse, request } from '@darkslide/testkit';
import { type Api, data, type Link, putLink, refusal } from '../support/api.ts';
import { complete, MIN_PART, putParts, start } from '../support/multipart.ts';
import { s3Client } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';
import { listTokens, type MintBody, mintToken } from '../support/upload-tokens.ts';

const { api, target } = await useTarget();

type Wanted = { file_name: string; size?: number | null };

const ask = (caller: Api, project: string, ...files: Wanted[]): Promise<RawResponse> =>
  caller.post(`${project}/get_temporary_upload_links`, { files_list: files });
const askOne = (caller: Api, project: string, { file_name, size }: Wanted) =>
  caller.get(
    `${project}/get_upload_link?file_name=${encodeURIComponent(file_name)}${size === undefined ? '' : `&size=${size}`}`,
  );
const named = (...names: string[]): Wanted[] => names.map((file_name) => ({ file_name }));
const linkIn = (answer: RawResponse) => data<{ files_list: Link[] }>(answer).files_list[0]?.upload_link as string;

/** A project of its own, and a token for it. */
async function projectWith(body: MintBody) {
  const project = await api.newProject();
  return { project, token: (await mintToken(api, project, body)).api };
}

async function taken(project: string): Promise<[files: number | undefined, bytes: number | null | undefined]> {
  const [token] = await listTokens(api, project);
  return [token?.files, token?.bytes];
}

describe('allowed_names', () => {
  it('are the only ones [L13.8, L13.13, E.file_name_not_allowed]', async () => {
    const { project, token } = await projectWith({ allowed_names: ['contract.pdf', 'DSC_*.NEF', '*.xmp', 'a*b*c'] });
    const good = ['contract.pdf', 'DSC_1.NEF', 'DSC_.NEF', '.xmp', 'x.xmp', 'abc', 'a-b-c', 'abcbc', 'aabbcc'];
    for (const name of good) assert.equal((await ask(token, project, ...named(name))).status, 200, name);
    const bad = ['Contract.pdf', 'contract.pdf ', 'xcontract.pdf', 'contract.pdf.exe', 'DSC_1.nef', 'DSC_1.NEF.exe']
      .concat(['xDSC_1.NEF', 'DSC.NEF', 'x.xmpx', 'ab', 'ac', 'acb', 'bc', 'cba', '*.pdf', 'contract\uff0epdf'])
      .filter((name) => name.trim() === name);
    for (const name of bad) {
      const calls = [
        await ask(token, project, ...named('abc', name)),
        await askOne(token, project, { file_name: name }),
        await token.post(`${project}/multipart_uploads`, { file_name: name, part_count: 1 }),
      ];
      for (const answer of calls) {
        const { message } = refusal(answer, { status: 403, code: 'file_name_not_allowed' });
        assert.ok(message.includes(`"${name}"`), message);
      }
    }
    assert.deepEqual((await taken(project))[0], good.length, 'what was refused does not count');
    assert.equal((await api.files(project)).length, good.length);
  });

  it('are compared in NFC, on both sides [L13.8, L3.4]', async () => {
    const [nfc, nfd] = ['Café.NEF'.normalize('NFC'), 'Café.NEF'.normalize('NFD')];
    for (const allowed of [nfc, nfd, nfd.replace('.NEF', '*'), nfc.replace('C', '*')]) {
      const { project, token } = await projectWith({ allowed_names: [allowed], max_files: 1 });
      for (const name of [nfd, nfc]) assert.equal((await ask(token, project, ...named(name))).status, 200);
      for (const name of ['Cafe.NEF', 'Cafe\u0301\u0301.NEF']) {
        refusal(await ask(token, project, ...named(name)), { status: 403 });
      }
    }
    // Half of a letter is not a letter: NFC has no bare e before the accent.
    const { project, token } = await projectWith({ allowed_names: ['Cafe*'] });
    refusal(await ask(token, project, ...named(nfd)), { status: 403, code: 'file_name_not_allowed' });
  });

  it('may have any number of asterisks [L13.8]', async () => {
    const { project, token } = await projectWith({ allowed_names: [`${'*a'.repeat(120)}*b`] });
    const names = Array.from({ length: 2000 }, (_, index) => `${'a'.repeat(240)}${index}`);
    refusal(await ask(token, project, ...named(...names)), { status: 403, code: 'file_name_not_allowed' });
    data(await ask(token, project, ...named(`${'a'.repeat(240)}b`)));
    refusal(await ask(token, project, ...named(`${'a'.repeat(119)}b`)), { status: 403 });
  });
});

describe('max_files', () => {
  it('counts different names, and each once [L13.9, L13.13, E.upload_token_full]', async () => {
    const { project, token } = await projectWith({ max_files: 3 });
    data(await ask(token, project, ...named('1.NEF', '2.NEF')));
    for (const again of ['1.NEF', '2.NEF']) data(await askOne(token, project, { file_name: again }));
    await start(token, project, { file_name: '1.NEF', part_count: 1 });
    assert.deepEqual(await taken(project), [2, null]);

    const { message } = refusal(await ask(token, project, ...named('3.NEF', '4.NEF')), {
      status: 403,
      code: 'upload_token_full',
    });
    assert.match(message, /\b3 files\b.*\bhas 1 left\b.*\b2 more\b/);
    assert.deepEqual(await taken(project), [2, null], 'a refused request counts nothing');
    assert.equal((await api.files(project)).length, 2, 'and records nothing');

    await start(token, project, { file_name: '3.NEF', part_count: 1 });
    const full = { status: 403, code: 'upload_token_full' };
    refusal(await ask(token, project, ...named('1.NEF', '4.NEF')), full);
    refusal(await askOne(token, project, { file_name: '4.NEF' }), full);
    refusal(await token.post(`${project}/multipart_uploads`, { file_name: '4.NEF', part_count: 1 }), full);
    data(await ask(token, project, ...named('3.NEF', '2.NEF', '1.NEF')));
  });

  it('takes two spellings of a name for one [L13.9, L3.4]', async () => {
    const { project, token } = await projectWith({ max_files: 1 });
    for (const form of ['NFC', 'NFD', 'NFC'] as const) {
      data(await ask(token, project, ...named('Café.NEF'.normalize(form))));
    }
    assert.deepEqual(await taken(project), [1, null]);
  });

  it('gives the last slot to one of many at the same time [L13.13]', async () => {
    const { project, token } = await projectWith({ max_files: 3 });
    const wanted = Array.from({ length: 12 }, (_, index) => `${index}.NEF`);
    const answers = await Promise.all(
      wanted.map((name, index) =>
        index % 2 === 0
          ? ask(token, project, ...named(name))
          : token.post(`${project}/multipart_uploads`, { file_name: name, part_count: 1 }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 3);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      refusal(answer, { status: 403, code: 'upload_token_full' });
    }
    assert.deepEqual(await taken(project), [3, null]);
  });
});

describe('max_bytes', () => {
  it('needs the size of every file [L13.10, L13.13, E.size_required]', async () => {
    const { project, token } = await projectWith({ max_bytes: 100 });
    const calls = [
      await ask(token, project, { file_name: 'a.NEF', size: 1 }, { file_name: 'b.NEF' }),
      await ask(token, project, { file_name: 'b.NEF', size: null }),
      await askOne(token, project, { file_name: 'b.NEF' }),
      await token.post(`${project}/multipart_uploads`, { file_name: 'b.NEF', part_count: 1, part_size: 10 }),
    ];
    for (const answer of calls) {
      assert.match(refusal(answer, { status: 400, code: 'size_required' }).message, /"b\.NEF"/);
    }
    for (const size of [-1, 1.5, '1', 2 ** 53]) {
      refusal(await ask(token, project, { file_name: 'b.NEF', size: size as number }), {
        status: 400,
        code: 'invalid_request',
      });
    }
    assert.deepEqual(await taken(project), [0, 0]);
    assert.deepEqual(await api.files(project), []);
  });

  for (const [total, passes] of [
    [99, true],
    [100, true],
    [101, false],
  ] as const) {
    it(`of 100 ${passes ? 'has' : 'does not have'} room for ${total} bytes [L13.10, L13.13]`, async () => {
      const { project, token } = await projectWith({ max_bytes: 100 });
      const answer = await ask(token, project, { file_name: 'a', size: total - 60 }, { file_name: 'b', size: 60 });
      if (passes) data(answer);
      else {
        const { message } = refusal(answer, { status: 403, code: 'upload_token_full' });
        assert.match(message, /\b100 bytes\b.*\bhas 100 left\b.*\b101 more\b/);
      }
      assert.deepEqual(await taken(project), passes ? [2, total] : [0, 0]);
      if (!passes) return;
      const rest = 100 - total;
      refusal(await askOne(token, project, { file_name: 'c', size: rest + 1 }), { status: 403 });
      data(await askOne(token, project, { file_name: 'c', size: rest }));
      data(await askOne(token, project, { file_name: 'd', size: 0 }));
    });
  }

  it('counts a name once, with its largest size [L13.10]', async () => {
    const { project, token } = await projectWith({ max_bytes: 100 });
    const sizes: [size: number, counted: number][] = [
      [60, 60],
      [60, 60],
      [10, 60],
      [80, 80],
      [60, 80],
      [100, 100],
    ];
    for (const [size, counted] of sizes) {
      data(await ask(token, project, { file_name: 'a.NEF', size }));
      assert.deepEqual(await taken(project), [1, counted], `${size}`);
    }
    refusal(await ask(token, project, { file_name: 'a.NEF', size: 101 }), { status: 403, code: 'upload_token_full' });
    refusal(await ask(token, project, { file_name: 'b.NEF', size: 1 }), { status: 403, code: 'upload_token_full' });
    const huge = Number.MAX_SAFE_INTEGER;
    const many = Array.from({ length: 5000 }, (_, index) => ({ file_name: `${index}`, size: huge }));
    refusal(await ask(token, project, ...many), { status: 403, code: 'upload_token_full' });
  });

  it('gives the last bytes to one of many at the same time [L13.13]', async () => {
    const { project, token } = await projectWith({ max_bytes: 100 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(token, project, { file_name: `${index}.NEF`, size: 30 })),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 3);
    assert.deepEqual(await taken(project), [3, 90]);
  });

  it('binds a link to the declared size, in storage [L13.11]', async () => {
    const { project, token } = await projectWith({ max_bytes: 100 });
    const link = linkIn(await ask(token, project, { file_name: 'a.NEF', size: 10 }));
    const put = (body: Uint8Array, headers: Record<string, string> = {}, url = link) =>
      putLink(url, body, { 'Content-Type': '', 'If-None-Match': '*', ...headers });
    for (const size of [0, 9, 11, 1000]) {
      const refused = await put(Buffer.alloc(size));
      assert.ok(refused.status >= 400 && refused.status < 500, `${size} bytes: ${refused.status}`);
    }
    const unmeasured = await request({
      url: link,
      method: 'PUT',
      headers: { 'Content-Type': '', 'If-None-Match': '*', 'Transfer-Encoding': 'chunked' },
      body: Buffer.alloc(1000),
    });
    assert.ok(unmeasured.status >= 400, `without a length: ${unmeasured.status}`);
    const tampered = link.replace(/X-Amz-SignedHeaders=[^&]*/, 'X-Amz-SignedHeaders=host');
    assert.equal((await put(Buffer.alloc(11), {}, tampered)).status, 403);
    assert.equal((await api.file(project, 'a.NEF')).status, 'pending');
    assert.equal((await put(Buffer.alloc(10, 'x'))).status, 200);
    assert.equal((await api.file(project, 'a.NEF')).size, 10);
    const empty = linkIn(await ask(token, project, { file_name: 'empty.NEF', size: 0 }));
    assert.equal((await put(Buffer.alloc(1), {}, empty)).status, 403);
    assert.equal((await put(Buffer.alloc(0), {}, empty)).status, 200);
  });

  it('does not bind the links of an API key [L13.11, L3.1]', async () => {
    const project = await api.newProject();
    const link = linkIn(await ask(api, project, { file_name: 'a.NEF', size: 10 }));
    assert.equal((await putLink(link, Buffer.alloc(11))).status, 200);
  });
});

describe('max_bytes and parts', () => {
  const size = MIN_PART + 7;
  const body = { file_name: 'a.NEF', part_count: 2, size, part_size: MIN_PART };

  it('bind each part to its size [L13.12]', async () => {
    const { project, token } = await projectWith({ max_bytes: size });
    const upload = await start(token, project, body);
    const again = data<{ parts: { upload_url: string }[] }>(
      await token.post(`${upload.path}/part_links`, { part_numbers: [2, 1] }),
    );
    const [last, first] = again.parts.map((part) => part.upload_url);
    const parts: [url: string | undefined, size: number][] = [
      [upload.parts[0]?.upload_url, MIN_PART],
      [first, MIN_PART],
      [upload.parts[1]?.upload_url, 7],
      [last, 7],
    ];
    for (const [url, length] of parts) {
      for (const wrong of [0, length - 1, length + 1]) {
        const refused = await putLink(url as string, Buffer.alloc(wrong));
        assert.ok(refused.status >= 400 && refused.status < 500, `${wrong} bytes for ${length}: ${refused.status}`);
      }
    }
    const { parts: held } = data<{ parts: unknown[] }>(await token.get(upload.path));
    assert.deepEqual(held, []);
    await putParts(upload, { 1: photoBytes({ seed: 1, size: MIN_PART }), 2: Buffer.alloc(7) });
    data(await complete(token, upload));
    assert.equal((await api.file(project, 'a.NEF')).size, size);
    assert.deepEqual(await taken(project), [1, size]);
  });

  it('count once with the same file in one piece [L13.10, L13.12]', async () => {
    const { project, token } = await projectWith({ max_bytes: size });
    await start(token, project, body);
    data(await ask(token, project, { file_name: 'a.NEF', size }));
    await start(token, project, body);
    assert.deepEqual(await taken(project), [1, size]);
    const more = { ...body, size: size + 1 };
    refusal(await token.post(`${project}/multipart_uploads`, more), { status: 403, code: 'upload_token_full' });
    assert.equal(data<{ uploads: object[] }>(await api.get(`${project}/multipart_uploads`)).uploads.length, 1);
  });

  it('refuse figures that do not fit [L13.12, E.invalid_part_size]', async () => {
    const { project, token } = await projectWith({ max_bytes: 10 ** 12 });
    const wrong = [
      { ...body, part_size: null },
      { ...body, part_size: undefined },
      { ...body, part_size: MIN_PART - 1 },
      { ...body, part_size: MIN_PART + 7 },
      { ...body, part_count: 1 },
      { ...body, part_count: 3 },
      { ...body, size: MIN_PART },
      { ...body, size: 2 * MIN_PART + 1 },
      { ...body, size: 0 },
    ];
    for (const start of wrong) {
      refusal(await token.post(`${project}/multipart_uploads`, start), { status: 400, code: 'invalid_part_size' });
    }
    for (const part_size of [0, -1, 1.5, '1', 5 * 1024 ** 3 + 1]) {
      refusal(await token.post(`${project}/multipart_uploads`, { ...body, part_size }), {
        status: 400,
        code: 'invalid_request',
      });
    }
    assert.deepEqual(await taken(project), [0, 0]);
    refusal(await api.post(`${project}/multipart_uploads`, { ...body, part_count: 3 }), {
      status: 400,
      code: 'invalid_part_size',
    });
    for (const fits of [body, { ...body, size: 2 * MIN_PART }, { ...body, size: 0, part_count: 1, part_size: 1 }]) {
      await start(token, project, fits);
    }
  });
});

describe('a file that has arrived', () => {
  const bytes = Buffer.from('a small photo');

  it('stays as it is, unless the token asked for it before [L13.14, E.file_exists]', async () => {
    const { project, token } = await projectWith({});
    await api.upload(project, 'theirs.NEF', bytes);
    await token.upload(project, 'mine.NEF', bytes);
    await api.uploadLink(project, 'asked for.NEF');
    for (const name of ['theirs.NEF', 'theirs.NEF'.normalize('NFD')]) {
      const calls = [
        await ask(token, project, ...named('mine.NEF', name)),
        await askOne(token, project, { file_name: name }),
        await token.post(`${project}/multipart_uploads`, { file_name: name, part_count: 1 }),
      ];
      for (const answer of calls) {
        assert.match(refusal(answer, { status: 409, code: 'file_exists' }).message, /"theirs\.NEF"/);
      }
    }
    assert.equal((await token.put(project, 'mine.NEF', Buffer.from('the photo again'))).status, 412);
    await token.upload(project, 'asked for.NEF', bytes);
    assert.ok((await api.download(project, 'theirs.NEF')).equals(bytes));
    assert.equal((await taken(project))[0], 2);
  });

  it('is known to have arrived also where only storage knows [L13.14, L6.3]', async () => {
    const { project, token } = await projectWith({});
    const names = ['DSC_0001.NEF', 'x', 'z\u{1f4f7}.NEF', 'Ä.NEF'];
    for (const name of names) {
      await s3Client(target).send(
        new PutObjectCommand({ Bucket: target.s3.bucket, Key: `${project.split('/').at(-1)}/${name}`, Body: 'x' }),
      );
    }
    const links = await api.uploadLinks(project, named('linked.NEF'));
    await putLink(links[0]?.upload_link as string, bytes);
    for (const name of [...names, 'linked.NEF']) {
      const answer = await ask(token, project, ...named('a.NEF', 'y.NEF', '\u{1f4f8}', name));
      const { details } = refusal(answer, { status: 409, code: 'file_exists' });
      assert.deepEqual(details, [name]);
    }
    data(await ask(token, project, ...named('a.NEF', 'DSC_0001', 'DSC_0001.NEF2', 'xx', '\u{1f4f8}')));
  });

  it('of another token stays too [L13.14]', async () => {
    const project = await api.newProject();
    const [one, two] = [await mintToken(api, project), await mintToken(api, project)];
    await one.api.upload(project, 'a.NEF', bytes);
    refusal(await ask(two.api, project, ...named('a.NEF')), { status: 409, code: 'file_exists' });
    data(await ask(two.api, project, ...named('b.NEF')));
  });
});
