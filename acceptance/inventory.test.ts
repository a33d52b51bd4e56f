import assert from 'node:assert/strict';
import { it } from 'node:test';
import { errorCatalogue } from '@darkslide/testkit';
import { committedInventory, contractRules, gatherInventory } from './inventory.ts';

/** Rules that no request from outside is known to reach, and why. */
const UNREACHABLE: Record<string, string> = {
  'E.single_put_unavailable':
    'needs a storage that ignores If-None-Match; packages/server/src/http/links.test.ts has one',
  'E.storage_delete_refused':
    'needs credentials that may not delete; packages/server/src/http/files.test.ts has a storage that refuses',
  'E.too_many_photos': 'takes more than 250,000 uploaded photos in one project',
  'E.internal_error': 'a fault of the server itself; an input that reaches it is a defect to be fixed',
  'E.server_busy': 'takes hundreds of MiB of answers, of several keys, that no client reads',
};

it('gives every rule of the contract an id of its own', () => {
  const rules = contractRules();
  assert.ok(rules.length > 100, `${rules.length} rules`);
  assert.deepEqual(
    rules.filter((rule, index) => rules.indexOf(rule) !== index),
    [],
  );
});

it('names every error of the catalogue in the contract, and no other', () => {
  const named = contractRules().filter((rule) => rule.startsWith('E.'));
  assert.deepEqual(named.sort(), errorCatalogue.map(({ code }) => `E.${code}`).sort());
});

it('has a spec for every rule', () => {
  const inventory = gatherInventory();
  const bare = contractRules().filter((rule) => inventory[rule]?.length === 0 && !(rule in UNREACHABLE));
  assert.deepEqual(bare, [], 'rules of docs/contract.md without a spec');
});

it('has no spec for a rule that does not exist', () => {
  const rules = new Set(contractRules());
  assert.deepEqual(
    Object.keys(gatherInventory()).filter((rule) => !rules.has(rule)),
    [],
  );
});

it('is committed as the specs say it', () => {
  assert.deepEqual(committedInventory(), gatherInventory(), 'run: node acceptance/inventory.ts');
});
