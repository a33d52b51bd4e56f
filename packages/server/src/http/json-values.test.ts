import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasMoreValuesThan } from './json-values.ts';

/** Commas and opening brackets: one fewer than the values, in a list or an object that is not empty. */
function separators(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value);
  return 1 + Math.max(0, inside.length - 1) + inside.reduce((sum: number, one) => sum + separators(one), 0);
}

test('counts what stands outside strings, whatever they hold', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), fc.nat(3), (value, indent) => {
      const bytes = Buffer.from(`${JSON.stringify(value, null, indent)}${' '.repeat(200)}`);
      const count = separators(value);
      assert.equal(hasMoreValuesThan(bytes, count), false);
      if (count > 0) assert.equal(hasMoreValuesThan(bytes, count - 1), true);
    }),
  );
});

test('ends with a text that is cut off', () => {
  for (const text of ['"', '"\\', '"a\\"', '['.repeat(10)]) hasMoreValuesThan(Buffer.from(text), 0);
});
