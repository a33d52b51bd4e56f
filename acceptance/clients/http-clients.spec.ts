import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ensureCurl, ensurePythonTools, run, runOk, temporaryFolder, writeShoot } from '@darkslide/testkit';
import { FAMILIES, PROFILE, refusal, SMART_EDITING, uniqueName } from '../support/api.ts';
import { signsContentType } from '../support/s3.ts';
import { useTarget } from '../support/target.ts';

const { target, api } = await useTarget();
const key = target.accounts.first.apiKey;

describe('curl', () => {
  it("works as in the contract's example [L7.1, L4.1]", async () => {
    const curl = await ensureCurl();
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await writeShoot({ folder: cwd, seed: 1, sizes: [3_000_000] });
    const call = async (path: string, body: object) => {
      const headers = ['-H', `x-api-key: ${key}`, '-H', 'Content-Type: application/json'];
      const { stdout } = await runOk(curl, [
        '-sS',
        '-X',
        'POST',
        target.apiUrl + path,
        ...headers,
        '-d',
        JSON.stringify(body),
      ]);
      return JSON.parse(stdout).data;
    };
    for (const family of FAMILIES) {
      const { project_uuid: uuid } = await call(`${family}/`, { name: uniqueName('curl') });
      const files = { files_list: [{ file_name: 'DSC_0001.NEF' }] };
      const { files_list: links } = await call(`${family}/${uuid}/get_temporary_upload_links`, files);
      const { upload_link: link } = links[0];
      await runOk(curl, ['-fsS', '-X', 'PUT', link, '-H', 'Content-Type;', '--upload-file', 'DSC_0001.NEF'], { cwd });
      const { size, status } = await api.file(`${family}/${uuid}`, 'DSC_0001.NEF');
      assert.deepEqual({ size, status }, { size: 3_000_000, status: 'uploaded' });
      // PHP's curl and `curl -T` send no content type at all.
      await runOk(curl, ['-fsS', '-T', 'DSC_0001.NEF', link], { cwd });
      const typed = await run(curl, ['-fsS', '-T', 'DSC_0001.NEF', '-H', 'Content-Type: image/jpeg', link], { cwd });
      if (signsContentType(link)) assert.match(typed.stderr, /403/);
      else assert.equal(typed.code, 0, typed.stderr);
    }
  });
});

describe('Python', () => {
  it('works with requests, httpx and urllib [L7.6, L4.1, L4.2]', { timeout: 600_000 }, async () => {
    const { python } = await ensurePythonTools();
    await using folder = await temporaryFolder();
    const [photo] = await writeShoot({ folder: folder.path, seed: 2, sizes: [100_000] });
    const project = await api.newProject();
    const clients = ['requests', 'requests, empty', 'requests, file', 'httpx', 'httpx, empty', 'urllib, empty'];
    const links: Record<string, string> = {};
    for (const client of clients) links[client] = await api.uploadLink(project, `${client}.NEF`);
    const script = join(import.meta.dirname, 'scripts', 'python_http.py');
    const { stdout } = await runOk(python, [script, photo?.path as string], { input: JSON.stringify(links) });
    assert.deepEqual(JSON.parse(stdout), Object.fromEntries(clients.map((client) => [client, 200])));
    for (const { file_name: name, size } of await api.files(project)) {
      assert.equal(size, name === 'requests, file.NEF' ? 100_000 : 13, name);
    }
  });
});

describe('Node', () => {
  it('works with fetch and a Buffer, with and without an empty type [L7.4, L4.1, L4.2]', async () => {
    await using folder = await temporaryFolder();
    const [photo] = await writeShoot({ folder: folder.path, seed: 3, sizes: [2_000_000] });
    const body = await readFile(photo?.path as string);
    for (const family of FAMILIES) {
      const project = await api.newProject(family);
      const kinds: Record<string, string>[] = [{}, { 'Content-Type': '' }];
      for (const [index, headers] of kinds.entries()) {
        const link = await api.uploadLink(project, `${index}.NEF`);
        assert.equal((await fetch(link, { method: 'PUT', body, headers })).status, 200);
        const { download_link: url } = await api.file(project, `${index}.NEF`);
        assert.ok(body.equals(Buffer.from(await (await fetch(url as string)).arrayBuffer())));
      }
    }
  });
});

describe('an older client', () => {
  it('reads data., creates without a body, and shows error.message [L7.3, L1.3, L1.4]', async () => {
    const headers = { 'x-api-key': key };
    const created = await fetch(`${target.apiUrl}${PROFILE}/`, { method: 'POST', headers });
    const { project_uuid: uuid } = ((await created.json()) as { data: { project_uuid: string } }).data;
    // No content type, as fetch sends text without one when it is given as bytes.
    const ask = (files: string[]) =>
      fetch(`${target.apiUrl}${PROFILE}/${uuid}/get_temporary_upload_links`, {
        method: 'POST',
        headers,
        body: Buffer.from(JSON.stringify({ files_list: files.map((name) => ({ file_name: name })) })),
      });
    const links = (await (await ask(['a.NEF', 'b.NEF'])).json()) as { data: { files_list: { upload_link: string }[] } };
    for (const { upload_link: link } of links.data.files_list) assert.ok(new URL(link));
    const twice = await ask(['a.NEF', 'a.NEF']);
    const { error } = (await twice.json()) as { error: { message: string } };
    assert.deepEqual([twice.status, error.message], [400, 'File "a.NEF" appears 2 times.']);
    refusal(await api.post(`${SMART_EDITING}/${uuid}/edit`, {}), { status: 404 });
  });
});
