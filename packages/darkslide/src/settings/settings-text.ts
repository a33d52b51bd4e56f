import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

const all: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** The settings for `darkslide serve --help`: a name, and below it what it means, in lines of at most `columns`. */
export function settingsHelp(columns: number): string {
  return all
    .flatMap(({ name, type, defaultText, meaning }) => {
      const text = `${meaning}. Value: ${type}. Default: ${defaultText === '–' ? 'none' : defaultText}.`;
      return [`  ${name}`, ...wrapped(text.replaceAll('`', ''), columns - 6).map((line) => `      ${line}`)];
    })
    .join('\n');
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The settings as a table in Markdown, for the README. */
export function settingsTable(): string {
  const rows = all.map(
    ({ name, type, defaultText, meaning }) => `| \`${name}\` | ${type} | ${defaultText} | ${meaning} |`,
  );
  return ['| Variable | Value | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}
