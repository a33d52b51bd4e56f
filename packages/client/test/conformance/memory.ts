import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Memory } from '../../src/base/ports.ts';

/** What every memory promises. */
export function describeMemory(name: string, create: () => Promise<Memory>): void {
  describe(name, () => {
    test('gives lines back in the order they were added, per scope', async () => {
      const memory = await create();
      await memory.append('one', ['a', 'b']);
      await memory.append('two', ['x']);
      await memory.append('one', ['c ü 日本']);
      assert.deepEqual(await memory.load('one'), ['a', 'b', 'c ü 日本']);
      assert.deepEqual(await memory.load('two'), ['x']);
    });

    test('knows nothing of a scope that was never written to', async () => {
      assert.deepEqual(await (await create()).load('../never'), []);
    });

    test('puts lines in the place of all, and forgets a scope', async () => {
      const memory = await create();
      await memory.append('one', ['a', 'b']);
      await memory.replace('one', ['c']);
      assert.deepEqual(await memory.load('one'), ['c']);
      await memory.replace('one', []);
      assert.deepEqual(await memory.load('one'), []);
      await memory.replace('never', []);
    });
  });
}
