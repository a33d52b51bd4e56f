import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Api,
  data,
  FAMILIES,
  type FamilyPath,
  PROFILE,
  refusal,
  SMART_EDITING,
  uniqueName,
} from '../support/api.ts';
import { makeFixture, projectCalls } from '../support/fixture.ts';
import { useTarget } from '../support/target.ts';

const { api, other } = await useTarget();

type Item = Record<string, unknown> & { project_uuid: string; name: string; created_at: string };
type ProjectPage = { projects: Item[]; pagination: { total: number; size: number; page: number } };

const otherFamily = (family: FamilyPath) => (family === PROFILE ? SMART_EDITING : PROFILE);
const validity = async (family: FamilyPath, name: string) =>
  data<{ is_valid: boolean }>(await api.get(`${family}/is_valid_name?name=${encodeURIComponent(name)}`)).is_valid;

for (const family of FAMILIES) {
  describe(`projects under ${family}`, () => {
    it('are created with a name and found by it [L2.3, L2.10, L2.14]', async () => {
      const name = uniqueName('Smith wedding');
      const { project_uuid: uuid } = data<{ project_uuid: string }>(await api.post(family, { name }));
      assert.match(uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.equal(data<Item>(await api.get(`${family}/${uuid}`)).name, name);
      const byName = data<Item>(await api.get(`${family}/${encodeURIComponent(name)}/uuid`));
      assert.deepEqual(byName, { project_uuid: uuid });
    });

    it('get a name of their own when none is given [L2.4]', async () => {
      const names = new Set<string>();
      for (const body of [undefined, {}, { name: null }]) {
        const { project_uuid: uuid } = data<{ project_uuid: string }>(await api.post(family, body));
        names.add(data<Item>(await api.get(`${family}/${uuid}`)).name);
      }
      assert.equal(names.size, 3);
    });

    it('have every field that clients parse [L2.11]', async () => {
      const before = Date.now();
      const project = await api.newProject(family);
      for (const query of ['', '?get_thumbnail=true', '?get_thumbnail=false']) {
        const item = data<Item>(await api.get(project + query));
        assert.equal(typeof item.project_uuid, 'string');
        assert.equal(typeof item.name, 'string');
        assert.equal(typeof item.status, 'string');
        assert.match(item.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/);
        assert.ok(Math.abs(Date.parse(item.created_at) - before) < 60_000, 'created now');
        assert.equal(item.number_of_images, 0);
        assert.ok(Number.isInteger(item.customer_reference_id));
        for (const field of ['project_id', 'profile', 'ai_tools', 'thumbnail_src', 'export_status']) {
          assert.ok(field in item, field);
        }
      }
    });

    it('tell their account, the same for all of its projects [L2.11]', async () => {
      const accountOf = async (owner: Api, path: FamilyPath) =>
        data<Item>(await owner.get(await owner.newProject(path))).customer_reference_id;
      const mine = await accountOf(api, family);
      assert.equal(await accountOf(api, otherFamily(family)), mine);
      assert.notEqual(await accountOf(other, family), mine);
    });

    it('are listed newest first, in pages [L2.7, L2.8]', async () => {
      const before = data<ProjectPage>(await api.get(`${family}?size=1`)).pagination.total;
      const made: string[] = [];
      for (let count = 0; count < 5; count++) made.unshift((await api.newProject(family)).slice(family.length + 1));
      const first = data<ProjectPage>(await api.get(`${family}?size=2&page=0`));
      const second = data<ProjectPage>(await api.get(`${family}?size=2&page=1`));
      const listed = [...first.projects, ...second.projects].map((item) => item.project_uuid);
      assert.equal(listed.length, 4);
      // Other specs may create projects at the same moment; ours keep their order anyway.
      const whole = data<ProjectPage>(await api.get(`${family}?size=100`)).projects.map((item) => item.project_uuid);
      assert.deepEqual(
        whole.filter((uuid) => made.includes(uuid)),
        made,
      );
      const { total, size, page } = first.pagination;
      assert.ok(total >= before + 5, `${total} of ${before} + 5`);
      assert.deepEqual({ size, page }, { size: 2, page: 0 });
    });

    it('are listed 20 a page unless asked otherwise, and past the end not at all [L2.8]', async () => {
      assert.equal(data<ProjectPage>(await api.get(family)).pagination.size, 20);
      const past = data<ProjectPage>(await api.get(`${family}?size=100&page=5000`));
      assert.deepEqual(past.projects, []);
      for (const size of [1, 100]) {
        assert.equal(data<ProjectPage>(await api.get(`${family}?size=${size}`)).pagination.size, size);
      }
    });

    it('are not listed by a page or size that makes no sense [L2.8, E.invalid_request]', async () => {
      for (const query of ['size=0', 'size=101', 'size=-1', 'size=x', 'size=1.5', 'page=-1', 'page=x', 'page=0.5']) {
        refusal(await api.get(`${family}?${query}`), { status: 400, code: 'invalid_request' });
      }
    });

    it('may be filtered by is_archived, and none is archived [L2.9]', async () => {
      const project = await api.newProject(family);
      const uuids = async (query: string) =>
        data<ProjectPage>(await api.get(`${family}?size=100&${query}`)).projects.map((item) => item.project_uuid);
      assert.ok((await uuids('is_archived=false')).includes(project.slice(family.length + 1)));
      assert.deepEqual(await uuids('is_archived=true'), []);
    });

    it('belong to one account and one family [L2.2, L2.7]', async () => {
      const fixture = await makeFixture(api, family);
      const elsewhere = otherFamily(family);
      const calls = projectCalls({ ...fixture, family: elsewhere, project: `${elsewhere}/${fixture.uuid}` });
      for (const { method, path, body } of calls) {
        refusal(await api.call(method, path, body && { body }), { status: 404, code: 'project_not_found' });
      }
      for (const [owner, path] of [
        [other, family],
        [api, elsewhere],
      ] as [Api, string][]) {
        const { projects } = data<ProjectPage>(await owner.get(`${path}?size=100`));
        assert.ok(!projects.some((item) => item.project_uuid === fixture.uuid));
      }
      data(await api.get(fixture.project));
    });

    it('have names that are unique in an account [L2.5, E.project_name_taken]', async () => {
      const name = uniqueName();
      await api.newProject(family, name);
      for (const path of FAMILIES) {
        const error = refusal(await api.post(path, { name }), { status: 409, code: 'project_name_taken' });
        assert.ok(error.message.includes(name), error.message);
      }
      await other.newProject(family, name);
    });

    it('tell which names are valid [L2.13]', async () => {
      const name = uniqueName();
      assert.equal(await validity(family, name), true);
      await api.newProject(family, name);
      for (const path of FAMILIES) assert.equal(await validity(path, name), false);
      for (const bad of ['', ' ', ' a', 'a ', 'a\u0000b', 'a\nb', 'x'.repeat(256)]) {
        assert.equal(await validity(family, bad), false, JSON.stringify(bad.slice(0, 10)));
      }
      refusal(await api.get(`${family}/is_valid_name`), { status: 400, code: 'invalid_request' });
    });
  });
}

describe('a project name', () => {
  it('may hold any character [L2.6, L2.14]', async () => {
    const names = ['x', 'a/b', '../..', 'ü 日本 📷', 'a%2Fb', 'a+b&c=d?e#f', '"\'<>{}', 'is_valid_name', 'uuid'];
    for (const label of [...names, 'x'.repeat(255 - 37)]) {
      const name = uniqueName(label);
      const project = await api.newProject(PROFILE, name);
      assert.equal(data<Item>(await api.get(project)).name, name);
      const found = data<Item>(await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`));
      assert.equal(`${PROFILE}/${found.project_uuid}`, project, label);
    }
  });

  it('that breaks the rules is refused and creates nothing [L2.6, E.invalid_project_name]', async () => {
    const names = [' a', 'a ', 'a\u0000b', 'a\nb', 'a\u007fb', 'x'.repeat(256)];
    for (const name of ['', ' ', ...names]) {
      refusal(await api.post(SMART_EDITING, { name }), { status: 400, code: /^invalid_(project_name|request)$/ });
    }
    for (const name of names) {
      const answer = await api.get(`${SMART_EDITING}/${encodeURIComponent(name)}/uuid`);
      refusal(answer, { status: answer.status === 400 ? 400 : 404 });
    }
    // JSON.stringify would write a lone surrogate as an escape, and so does this.
    const surrogate = await api.call('POST', SMART_EDITING, { body: '{"name": "a\\ud800b"}' });
    refusal(surrogate, { status: 400, code: 'invalid_project_name' });
  });

  it('that no project has is a 404 [L2.14, E.project_not_found]', async () => {
    const name = uniqueName('Nobody');
    const error = refusal(await api.get(`${PROFILE}/${encodeURIComponent(name)}/uuid`), { status: 404 });
    assert.equal(error.code, 'project_not_found');
  });

  it('goes to one of two that ask at once [L2.5]', async () => {
    const name = uniqueName('Race');
    const answers = await Promise.all(FAMILIES.flatMap((family) => [1, 2, 3].map(() => api.post(family, { name }))));
    const statuses = answers.map(({ status }) => status).sort();
    assert.ok((statuses[0] as number) < 300);
    assert.deepEqual(statuses.slice(1), [409, 409, 409, 409, 409]);
  });
});

describe('the number of images', () => {
  it('counts what has arrived, and the status follows [L2.12, L6.8]', async () => {
    const project = await api.newProject();
    const item = async () => {
      const { status, number_of_images: count } = data<Item>(await api.get(project));
      return { status, count };
    };
    assert.deepEqual(await item(), { status: 'New', count: 0 });
    await api.uploadLinks(project, [{ file_name: 'a.NEF' }, { file_name: 'b.NEF' }]);
    assert.deepEqual(await item(), { status: 'Uploading', count: 0 });
    await api.upload(project, 'a.NEF', Buffer.from('a'));
    assert.deepEqual(await item(), { status: 'Uploading', count: 1 });
    await api.upload(project, 'b.NEF', Buffer.from('b'));
    assert.deepEqual(await item(), { status: 'Uploaded', count: 2 });
    const { projects } = data<ProjectPage>(await api.get(`${PROFILE}?size=100`));
    const listed = projects.find((each) => project.endsWith(each.project_uuid));
    assert.equal(listed?.number_of_images, 2);
  });
});
