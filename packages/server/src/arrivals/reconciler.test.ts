import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openTestDatabase } from '../../test/database.ts';
import { FakeObjectStore } from '../../test/fake-object-store.ts';
import { keyOf } from '../storage/object-keys.ts';
import { Reconciler } from './reconciler.ts';

/** Storage whose pages are full with three objects. */
function storeWithSmallPages(): FakeObjectStore {
  const store = new FakeObjectStore();
  const { list } = store;
  store.list = (page) => list({ ...page, limit: 3 });
  return store;
}

const owner = { accountId: 1, family: 'profile' } as const;

test('finds all that arrived in enough calls, and at once where a page a pending name will do', async (t) => {
  const { accounts, projects, files } = await openTestDatabase(t);
  await accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 1 });
  let runs = 0;
  const states = fc.array(fc.constantFrom('recorded', 'arrived', 'pending', 'unasked'), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(states, fc.integer({ min: 1, max: 4 }), async (states, pages) => {
      const store = storeWithSmallPages();
      const reconciler = new Reconciler({ files, store });
      const uuid = `u${runs++}`;
      await projects.add(owner, { uuid, name: uuid, now: 1 });
      const project = (await projects.find(owner, { uuid })) ?? assert.fail();
      const nameOf = (index: number) => `${'x'.repeat(index % 3)}${index}`;
      const namesOf = (...wanted: string[]) =>
        states.flatMap((state, index) => (wanted.includes(state) ? nameOf(index) : []));
      const record = () => reconciler.run(project, { pages: states.length + 1 });

      await files.request(
        project,
        namesOf('recorded').map((name) => ({ name, md5: null })),
      );
      for (const name of namesOf('recorded', 'unasked')) store.put(keyOf(uuid, name), name);
      await record();
      await files.request(
        project,
        namesOf('arrived', 'pending').map((name) => ({ name, md5: null })),
      );
      for (const name of namesOf('arrived')) store.put(keyOf(uuid, name), name);

      const pending = namesOf('arrived', 'pending').length;
      const isLeft = async () => {
        const rows = await files.list(project.id, { after: '', limit: 100 });
        return rows.some(({ name, uploaded_at }) => uploaded_at === null && namesOf('arrived').includes(name));
      };
      const most = pending <= pages ? 1 : states.length;
      for (let calls = 1; await isLeft(); calls++) {
        assert.ok(calls <= most, `${calls} calls`);
        store.calls.length = 0;
        await reconciler.run(project, { pages });
        assert.ok(store.calls.length <= pages);
      }
    }),
  );
});

test('goes on where it ended, past names that never arrive, and around to the first', async (t) => {
  const { accounts, projects, files } = await openTestDatabase(t);
  await accounts.addFirstKey({ prefix: 'p', hash: 'h', created_at: 1 });
  await projects.add(owner, { uuid: 'u', name: 'n', now: 1 });
  const project = (await projects.find(owner, { uuid: 'u' })) ?? assert.fail();
  const store = storeWithSmallPages();
  const reconciler = new Reconciler({ files, store });
  const names = Array.from({ length: 30 }, (_, index) => `DSC_${String(index).padStart(2, '0')}.NEF`);
  await files.request(
    project,
    names.map((name) => ({ name, md5: null })),
  );
  const isMissing = (name: string) => /[05]\.NEF$/.test(name);
  for (const name of names.filter((each) => !isMissing(each))) store.put(keyOf('u', name), name);
  for (let call = 0; call < 10; call++) await reconciler.run(project, { pages: 1 });
  assert.equal((await projects.counts([project.id]))[0]?.arrived_count, 24);

  store.put(keyOf('u', 'DSC_00.NEF'), 'late');
  for (let call = 0; call < 10; call++) await reconciler.run(project, { pages: 1 });
  assert.equal((await projects.counts([project.id]))[0]?.arrived_count, 25);
});
