import { FakeObjectStore } from './fake-object-store.ts';
import { objectStoreSuite } from './object-store-suite.ts';

objectStoreSuite('in memory', async () => {
  const store = new FakeObjectStore();
  return {
    store,
    put: async (key, bytes) => store.put(key, bytes),
    damage: async (key) => store.damage(key),
    putPart: async (upload, partNumber, bytes) => store.putPart(upload, partNumber, bytes.length, bytes),
  };
});
