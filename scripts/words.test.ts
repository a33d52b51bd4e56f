import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './run.ts';

/** Phrases that are hard to understand at first reading, and what to write in their place. */
const BANNED: readonly [RegExp, string][] = [
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\b(?:and|each|job|then|it) answers (?:whether|what|its|the|how)\b/i, 'returns; or responds, over HTTP'],
  [/(?:\/\*\*|^\s*\*|\/\/) Answers\b/, 'Returns'],
  [/\bwhoever\b/i, 'name the actor'],
  [/\bnobody(?= [a-z]|[;:] )/i, 'name the actor: no client, no node'],
  [/\blet(?:s|ting)? go of\b/i, 'release, close or remove'],
  [/\b(?:hears?|heard) of\b/i, 'is notified, gets or learns'],
  [/\b(?:under way|at work)\b/i, 'in progress'],
  [/\bto be had\b/i, 'available'],
  [/\bso (?:long|many|much|often)\b(?!.* that\b)/i, 'this long, at most this many, as long as'],
  [/\bst(?:ands?|anding|ood) (?:in|under|behind|between|beside)\b/i, 'is in, has or contains'],
  [/\bgo(?:es|ne|ing)? on with\b/i, 'resume, continue or use'],
  [/\bmeans? ill\b/i, 'malicious'],
  [/\b(?:is|are|was|were) told of\b/i, 'learns, is called with or is reported'],
  [/\bof the moment\b/i, 'current'],
  [/\b(?:tells?|told) of\b/i, 'says, reports or returns'],
  [/(?<!by )\bhands? on\b/i, 'passes'],
  [/\bg(?:ives?|ave) back\b/i, 'returns or releases'],
  [/\bsomebody\b/i, 'name the actor'],
  [/\bbe it\b/i, 'whether, or: as'],
  [/\b(?:breaks?|broke) off\b/i, 'ends early'],
  [/\ball the same\b/i, 'anyway, still'],
  [/\bin its turn\b/i, 'one after the other'],
  [/\bthat are none\b/i, 'that are not valid'],
  [/(?<!\b(?:there|where|than|it) )\b(?:is|are) no (?!longer\b|more\b)\w/i, 'is not a'],
];

/** Texts that list such phrases or tell history. */
const EXEMPT = new Set(['CHANGELOG.md', 'docs/glossary.md', 'scripts/words.test.ts']);

function findings(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    BANNED.flatMap(([phrase, plain]) => {
      const found = phrase.exec(line)?.[0];
      return found === undefined ? [] : [`${file}:${index + 1}: "${found}" (write: ${plain})`];
    }),
  );
}

test('no text has a phrase that is hard to understand', () => {
  const listed = execFileSync('git', ['ls-files', '-z', '*.ts', '*.md', '*.conf', '*.yml', '*.service'], { cwd: ROOT });
  const files = listed.toString().split('\0').filter(Boolean);
  assert.ok(files.length > 100, `git lists only ${files.length} files`);
  const found = files
    .filter((file) => !EXEMPT.has(file) && existsSync(join(ROOT, file)))
    .flatMap((file) => findings(file, readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(found, []);
});

test('such a phrase is found with its line and the plain words', () => {
  assert.deepEqual(findings('a.md', 'A fixed file.\nWhoever mends it is in time.'), [
    'a.md:2: "mends" (write: fix)',
    'a.md:2: "Whoever" (write: name the actor)',
  ]);
});
