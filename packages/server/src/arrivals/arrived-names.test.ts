import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeObjectStore } from '../../test/fake-object-store.ts';
import { arrivedAmong } from './arrived-names.ts';

const names = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom('a', 'b', '0', '1', 'é', '\uffe6', '📷'), minLength: 1 }),
);

test('what storage holds of some names is found, whatever names are between them', async () => {
  await fc.assert(
    fc.asyncProperty(names, names, fc.integer({ min: 1, max: 4 }), async (held, asked, page) => {
      const store = new FakeObjectStore();
      for (const name of [...held, ...held.map((name) => `${name}/x`)]) store.put(`p/${name}`, 1);
      for (const name of asked) store.put(`q/${name}`, 1);
      const inShortPages = {
        list: (query: Parameters<FakeObjectStore['list']>[0]) => store.list({ ...query, limit: page }),
      };
      const arrived = await arrivedAmong(inShortPages, 'p', asked);
      assert.deepEqual([...arrived.keys()].sort(), asked.filter((name) => held.includes(name)).sort());
    }),
  );
});

test('a name is found behind any number of names that begin alike', async () => {
  const store = new FakeObjectStore();
  for (let index = 0; index < 2000; index++) store.put(`p/a${index}`, 1);
  store.put('p/b', 1);
  assert.deepEqual([...(await arrivedAmong(store, 'p', ['b'])).keys()], ['b']);
  assert.deepEqual(store.calls, ['list']);
});

test('names that stand together cost one page, wherever they stand', async () => {
  const store = new FakeObjectStore();
  const name = (index: number) => `DSC_${String(index).padStart(5, '0')}.NEF`;
  for (let index = 0; index < 5000; index++) store.put(`p/${name(index)}`, 1);
  for (const first of [0, 2500, 4950, 5000]) {
    const asked = Array.from({ length: 100 }, (_, index) => name(first + index));
    store.calls.length = 0;
    assert.equal((await arrivedAmong(store, 'p', asked)).size, Math.max(0, Math.min(100, 5000 - first)));
    assert.deepEqual(store.calls, ['list']);
  }
});
