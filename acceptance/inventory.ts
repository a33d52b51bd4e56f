/**
 * Which spec covers which rule of docs/contract.md. Specs carry the ids of their rules at the end of their titles,
 * as in `it('… [L3.3, E.duplicate_file_name]')`; `node acceptance/inventory.ts` gathers them into inventory.json.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runOk } from '@darkslide/testkit';

/** Rule id → titles of its specs, each after the name of its file. */
export type Inventory = Record<string, string[]>;

const INVENTORY_FILE = join(import.meta.dirname, 'inventory.json');
const RULE = /^- \*\*((?:L\d+\.\d+)|(?:E\.[a-z0-9_]+))\*\* /gm;
/** The first argument of `it(…)`, or of a table's row whose title becomes one, where it ends with rule ids. */
const TITLE =
  /(['"`])((?:(?!\1)[^\\\n]|\\.)*?)\s\[((?:L\d+\.\d+|E\.[a-z0-9_]+)(?:, (?:L\d+\.\d+|E\.[a-z0-9_]+))*)\]\1/g;

/** The ids of the contract's rules, in its order. */
export function contractRules(): string[] {
  const contract = readFileSync(join(root, 'docs', 'contract.md'), 'utf8');
  return [...contract.matchAll(RULE)].map(([, id]) => id as string);
}

/** What the spec files themselves say. */
export function gatherInventory(): Inventory {
  const specs = new Map<string, string[]>(contractRules().map((rule) => [rule, []]));
  for (const file of globSync('*/*.spec.ts', { cwd: import.meta.dirname }).sort()) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8');
    for (const [, , title, ids] of source.matchAll(TITLE)) {
      for (const id of (ids as string).split(', ')) {
        specs.set(id, [...(specs.get(id) ?? []), `${file}: ${title}`]);
      }
    }
  }
  return Object.fromEntries(specs);
}

export function committedInventory(): Inventory {
  return JSON.parse(readFileSync(INVENTORY_FILE, 'utf8')) as Inventory;
}

if (import.meta.main) {
  writeFileSync(INVENTORY_FILE, JSON.stringify(gatherInventory()));
  await runOk(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', INVENTORY_FILE], { cwd: root });
  console.log('wrote acceptance/inventory.json');
}
