import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedRuns } from './shared-runs.ts';

test('those who ask during a run share the next one, which begins after it', async () => {
  const runs = new SharedRuns<string>();
  const ends: PromiseWithResolvers<void>[] = [];
  const run = (key: string) =>
    runs.run(key, () => {
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    });
  const first = run('a');
  const others = Array.from({ length: 100 }, () => run('a'));
  run('b');
  assert.equal(ends.length, 2);
  ends[0]?.reject(new Error('storage is away'));
  await assert.rejects(first, /away/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ends.length, 3);
  ends[2]?.resolve();
  await Promise.all(others);
  run('a');
  assert.equal(ends.length, 4, 'and later ones begin anew');
});
