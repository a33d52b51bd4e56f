/** The records under docs/decisions, and the index that is made from them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.ts';

export const FOLDER = 'docs/decisions';

export type Decision = {
  file: string;
  number: string;
  title: string;
  date: string;
  status: string;
  headings: string[];
};

/** @throws {Error} when a record has no title, date or status in the form of docs/decisions/README.md. */
function parse(file: string): Decision {
  const text = readFileSync(join(ROOT, FOLDER, file), 'utf8');
  const field = (pattern: RegExp, name: string) => {
    const value = pattern.exec(text)?.[1];
    if (value === undefined) throw new Error(`${FOLDER}/${file} has no ${name}. See "A new record" in its README.`);
    return value;
  };
  return {
    file,
    number: field(/^# (\d{4})\. /, 'number in its title'),
    title: field(/^# \d{4}\. (.+)$/m, 'title'),
    date: field(/^- Date: (\d{4}-\d{2}-\d{2})$/m, 'date'),
    status: field(/^- Status: (.+)$/m, 'status'),
    headings: [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? ''),
  };
}

export const decisions = (): Decision[] =>
  readdirSync(join(ROOT, FOLDER))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map(parse);

/** docs/decisions/README.md. */
export const decisionIndex = () => `# Decisions

One record for each decision: what was decided, why, and with which figure. The number is the order. A record is not deleted when it turns out to be wrong: a new one replaces it, and both say so in their status.

This page is exported from the records by \`npm run docs:export\`.

## A new record

Copy the newest file, take the next number, and describe the decision in its name (\`NNNN-what-was-decided.md\`). The parts are:

- \`Date\` and \`Status\`: \`accepted\`, or \`superseded by NNNN\`, with a link. The status also names the records that this one supersedes, changes or limits.
- **Context**: what made a decision necessary.
- **Decision**: what is done, in the present tense.
- **Figure**: what was measured, where something was; name the benchmark.
- **Consequences**: what follows, the bad with the good.

## The records

| Number | Decision | Date | Status |
|---|---|---|---|
${decisions()
  .map(({ file, number, title, date, status }) => `| [${number}](${file}) | ${title} | ${date} | ${status} |`)
  .join('\n')}
`;
