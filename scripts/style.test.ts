/** Rules of style that the linter does not have. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './run.ts';

type Line = { text: string; next: string };
type Rule = { title: string; isBroken: (line: Line) => boolean; example: string; exempt?: string[] };

const indentOf = (text: string) => text.length - text.trimStart().length;

/** Words that end the name of a time or a rate without its unit. A size is in bytes everywhere, as in S3. */
const UNITLESS =
  /(?:timeout|ttl|lifetime|skew|silence|expires_in|restart|pause|delay|interval|deadline|every|lease|hold|renew|poll|wait|grace|duration|patience|rate|bandwidth|pace|(?<!^|m|p)age|retry_?after)$/i;

const RULES: readonly Rule[] = [
  {
    title: 'a body that does not fit on the line of its condition has braces',
    isBroken: ({ text, next }) =>
      /^\s*(?:\} )?(?:(?:else )?(?:if|for(?: await)?|while) \(.*\)|else)$/.test(text) &&
      indentOf(next) > indentOf(text),
    example: 'if (is)\n  does();',
  },
  {
    title: 'every class of errors has its name',
    isBroken: ({ text, next }) =>
      /\bclass \w+ extends (?:Error|\w+Error)\b/.test(text) &&
      !/^ +override readonly name(?:: string)? = '\w+';$/.test(next),
    example: 'class LostError extends Error {}',
  },
  {
    // Node 22.18 takes ?1 for a name, and binds nothing to it.
    title: 'SQL has no numbered parameters',
    isBroken: ({ text }) => /[=<>(,] \?\d/.test(text),
    example: 'SELECT 1 FROM blob WHERE name = ?1',
  },
  {
    title: 'what a function throws is a tag',
    isBroken: ({ text }) => /(?:^\s*\*|\/\*\*|[.;:]) Throws\b/.test(text),
    example: '/** Reads it. Throws LostError. */',
  },
  {
    title: 'a constant or an option with a unit carries it in its name',
    isBroken: ({ text }) => {
      const constant = /^\s*(?:export )?const ([A-Z][A-Z0-9_]+) = [\d_]/.exec(text)?.[1];
      const option = /^\s*(?:readonly )?#?(\w+)\??: number(?: \| (?:undefined|null))?;/.exec(text)?.[1];
      return UNITLESS.test(constant ?? option ?? '');
    },
    example: 'const CLOSE_TIMEOUT = 5000;',
    // Named by the option on the command line, and by the contract.
    exempt: ['limitRate?: number;', 'expires_in?: number;'],
  },
];

function breaches(rule: Rule, text: string): string[] {
  const lines = text.split('\n');
  return lines
    .filter((line, index) => rule.isBroken({ text: line, next: lines[index + 1] ?? '' }))
    .filter((line) => !rule.exempt?.includes(line.trim()));
}

const files = execFileSync('git', ['ls-files', '-z', '*.ts'], { cwd: ROOT })
  .toString()
  .split('\0')
  .filter((file) => file !== '' && file !== 'scripts/style.test.ts' && existsSync(join(ROOT, file)));

for (const rule of RULES) {
  test(rule.title, () => {
    assert.equal(breaches(rule, rule.example).length, 1, 'the rule finds its example');
    const found = files.flatMap((file) =>
      breaches(rule, readFileSync(join(ROOT, file), 'utf8')).map((line) => `${file}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });
}
