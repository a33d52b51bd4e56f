import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAllowedName } from './allowed-names.ts';

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', 'é', '📷'), maxLength: 12 });

test('an asterisk stands for any characters, everything else for itself', () => {
  const asRegExp = (pattern: string) => new RegExp(`^${pattern.split('*').map(RegExp.escape).join('[^]*')}$`);
  fc.assert(
    fc.property(name, name, (pattern, tried) => {
      assert.equal(isAllowedName(tried, [pattern]), asRegExp(pattern).test(tried));
    }),
    { numRuns: 5000 },
  );
});

test('one that fits is enough', () => {
  fc.assert(
    fc.property(name, fc.array(name), fc.nat(), (tried, others, at) => {
      const allowed = others.toSpliced(at % (others.length + 1), 0, tried);
      assert.ok(isAllowedName(tried, allowed));
      assert.equal(
        isAllowedName(tried, others),
        others.some((pattern) => isAllowedName(tried, [pattern])),
      );
    }),
  );
});
