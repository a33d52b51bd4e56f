import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  ensurePackages,
  isOnPath,
  runDarkslide,
  runOk,
  TerminalWindow,
  temporaryFolder,
  textOf,
} from '@darkslide/testkit';

const folder = await temporaryFolder();
after(() => folder.remove());
await mkdir(join(folder.path, 'card one'));

type Shell = {
  name: 'bash' | 'zsh' | 'fish';
  args: string[];
  /** What a person types once, so that the script is in use. */
  setUp: (script: string) => string;
};

const SHELLS: Shell[] = [
  { name: 'bash', args: ['--norc', '--noprofile', '-i'], setUp: (script) => `PS1='ready$ '; source ${script}` },
  {
    name: 'zsh',
    args: ['-f', '-i'],
    setUp: (script) => `PS1='ready$ '; autoload -U compinit; compinit -D; source ${script}`,
  },
  {
    name: 'fish',
    args: ['--no-config', '-i'],
    setUp: (script) => `function fish_prompt; echo 'ready$ '; end; source ${script}`,
  },
];

/** What a user types before they press Tab, and the line after it. */
const TYPED: [string, RegExp][] = [
  ['darkslide verif', /darkslide verify /],
  ['darkslide upload --lim', /darkslide upload --limit-rate /],
  ['darkslide verify --excl', /darkslide verify --exclude /],
  ['darkslide upload --flow sm', /darkslide upload --flow smart-editing /],
  ['darkslide upload car', /darkslide upload (card\\ one\/|'card one\/|"card one\/)/],
  ['darkslide upload x --manifest car', /--manifest (card\\ one\/|'card one\/)/],
  ['darkslide completion fi', /darkslide completion fish/],
  ['darkslide doctor --or', /darkslide doctor --origin /],
  ['darkslide store reb', /darkslide store rebuild /],
  ['darkslide keys create --acc', /darkslide keys create --account /],
  ['darkslide keys create --scope up', /darkslide keys create --scope upload /],
];

const lastLine = ({ window }: TerminalWindow) => textOf(window).trimEnd().split('\n').at(-1) ?? '';

describe('shell completion', { timeout: 600_000 }, () => {
  for (const { name, args, setUp } of SHELLS) {
    it(`works in ${name}`, async () => {
      await ensurePackages({ packages: [name], isThere: () => isOnPath(name) });
      const { stdout } = await runDarkslide(['completion', name]);
      const script = join(folder.path, `completion.${name}`);
      await writeFile(script, stdout);
      await runOk(name, ['-n', script]);
      const terminal = await TerminalWindow.open(name, args, {
        cwd: folder.path,
        columns: 100,
        rows: 30,
        env: { HOME: folder.path, XDG_CONFIG_HOME: folder.path },
      });
      try {
        terminal.press(`${setUp(script)}\r`);
        for (const [typed, completed] of TYPED) {
          await terminal.until((it) => /^ready\$$/.test(lastLine(it)));
          terminal.press(`${typed}\t`);
          await terminal.until((it) => completed.test(`${lastLine(it)} `));
          // Ctrl-U empties the line.
          terminal.press('\u0015');
        }
      } finally {
        await terminal.close();
      }
    });
  }
});
