import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ALLOWED_NAMES, MAX_NAMES_PER_REQUEST } from '@darkslide/contract';
import fc from 'fast-check';
import { AllowedNames } from './allowed-names.ts';

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', 'é', '📷'), maxLength: 12 });
const isAllowed = (tried: string, allowed: readonly string[]) => new AllowedNames(allowed).has(tried);

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

test('an asterisk stands for any characters, everything else for itself', () => {
  const asRegExp = (pattern: string) => new RegExp(`^${pattern.split('*').map(escaped).join('[^]*')}$`);
  fc.assert(
    fc.property(name, name, (pattern, tried) => {
      assert.equal(isAllowed(tried, [pattern]), asRegExp(pattern).test(tried));
    }),
    { numRuns: 5000 },
  );
});

test('one that fits is enough', () => {
  fc.assert(
    fc.property(name, fc.array(name), fc.nat(), (tried, others, at) => {
      const allowed = others.toSpliced(at % (others.length + 1), 0, tried);
      assert.ok(isAllowed(tried, allowed));
      assert.equal(
        isAllowed(tried, others),
        others.some((pattern) => isAllowed(tried, [pattern])),
      );
    }),
  );
});

test('the most names that a request may have are told apart by the most that a token may allow', async () => {
  const files = Array.from({ length: MAX_NAMES_PER_REQUEST }, (_, index) => ({ name: `${index}.NEF` }));
  const allowed = Array.from({ length: MAX_ALLOWED_NAMES }, (_, index) => `${index}*.NEF`).slice(1);
  assert.deepEqual(await new AllowedNames(allowed).foreignAmong(files), [{ name: '0.NEF' }]);
});

test('patterns made to take long are refused, and others have their turn meanwhile', async (t) => {
  const files = Array.from({ length: MAX_NAMES_PER_REQUEST }, (_, index) => ({ name: 'a'.repeat(240) + index }));
  const allowed = Array.from({ length: MAX_ALLOWED_NAMES }, (_, index) => `${'*a'.repeat(120)}*b${index}*`);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  t.after(() => clearInterval(timer));
  await assert.rejects(new AllowedNames(allowed).foreignAmong(files), { code: 'invalid_request' });
  assert.ok(turns > 2, `${turns} turns`);
});
