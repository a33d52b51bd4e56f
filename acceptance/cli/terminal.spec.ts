import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { binary, pinnedNode, TerminalWindow, temporaryFolder, textOf, writeShoot } from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { useTarget } from '../support/target.ts';

const { target } = await useTarget();
const folder = await temporaryFolder();
after(() => folder.remove());

const LIMIT = { timeout: 300_000 };
/** Slow enough that a shoot of 8 MB is still on its way when the window changes. */
const SLOWLY = ['--limit-rate', '1M'];

const photos = join(folder.path, 'photos');
await writeShoot({
  folder: photos,
  seed: 'terminal',
  sizes: Array(8).fill(1_000_000),
  prefix: '写真 with a long name ',
});

function upload(
  args: readonly string[],
  { columns, rows, env = {} }: { columns: number; rows: number; env?: Record<string, string> },
) {
  const environment = {
    DARKSLIDE_URL: target.apiUrl,
    DARKSLIDE_API_KEY: target.accounts.first.apiKey,
    XDG_STATE_HOME: join(folder.path, 'state'),
    ...env,
  };
  const command = [binary(), 'upload', ...args, '--project', uniqueName('Terminal')];
  return TerminalWindow.open(pinnedNode(), command, { cwd: folder.path, columns, rows, env: environment });
}

/** The overall bar, and lines of transfers. */
const FRAME = /^[█░]+ |^ {2,}\d+% /;

const frameIn = ({ window }: TerminalWindow) => window.filter(({ text }) => FRAME.test(text));
const barsIn = ({ window }: TerminalWindow) => window.filter(({ text }) => /^[█░]/.test(text));

/** One frame, whose lines each fit. */
function isInOrder(terminal: TerminalWindow): boolean {
  const { window } = terminal;
  const wrapped = window.some(({ isWrapped }, at) => isWrapped && FRAME.test(window[at - 1]?.text ?? ''));
  return barsIn(terminal).length === 1 && !wrapped;
}

describe('the live view in a terminal', LIMIT, () => {
  it('survives a resize: one frame, and no line of it wraps', async () => {
    const terminal = await upload([photos, ...SLOWLY], { columns: 100, rows: 40 });
    for (const [columns, rows] of [
      [40, 40],
      [100, 40],
      [24, 40],
      [40, 6],
      [200, 50],
    ] as const) {
      await terminal.until((it) => frameIn(it).length > 1 && isInOrder(it));
      await terminal.resize(columns, rows);
      await terminal.until((it) => isInOrder(it) && frameIn(it).every(({ text }) => text.length < columns));
    }
    assert.ok(terminal.cursorIsHidden);
    assert.equal(await terminal.exited, 0);
    assert.ok(!terminal.cursorIsHidden);
    assert.match(textOf(terminal.window), /All 8 files uploaded/);
    assert.equal(frameIn(terminal).length, 0, 'the frame is gone at the end');
    await terminal.close();
  });

  it('gives the cursor back when Ctrl-C ends it, and says how to resume', async () => {
    const terminal = await upload([photos, ...SLOWLY], { columns: 80, rows: 24 });
    await terminal.until((it) => it.cursorIsHidden && frameIn(it).length > 1);
    terminal.press('\u0003');
    assert.equal(await terminal.exited, 130);
    assert.ok(!terminal.cursorIsHidden);
    assert.equal(frameIn(terminal).length, 0);
    assert.match(textOf(terminal.window), /Run the same command again to resume/);
    await terminal.close();
  });

  it('gives the cursor back when the program crashes', async () => {
    const crash = join(folder.path, 'crash.mjs');
    await writeFile(crash, 'process.once("SIGUSR2", () => { throw new Error("a defect"); });');
    const terminal = await upload([photos, ...SLOWLY], {
      columns: 80,
      rows: 24,
      env: { NODE_OPTIONS: `--import=${crash}` },
    });
    await terminal.until((it) => it.cursorIsHidden && frameIn(it).length > 1);
    await terminal.signal('SIGUSR2');
    assert.notEqual(await terminal.exited, 0);
    assert.ok(!terminal.cursorIsHidden);
    assert.match(textOf(terminal.lines), /a defect/);
    await terminal.close();
  });

  it('tells 20,000 failures once each, above the frame', async () => {
    const many = join(folder.path, 'many');
    await mkdir(many);
    await writeShoot({ folder: many, seed: 'among', sizes: [3_000_000, 3_000_000], prefix: 'GOOD_' });
    const names = Array.from({ length: 20_000 }, (_, at) => `EMPTY_${at}.jpg`);
    for (const name of names) await writeFile(join(many, name), '');
    const terminal = await upload([many, ...SLOWLY], { columns: 120, rows: 30 });
    await terminal.until((it) => isInOrder(it) && /20,000 failed/.test(textOf(it.window)));
    assert.equal(await terminal.exited, 1);
    const told = terminal.lines.flatMap(({ text }) => /^✗ .*\/(EMPTY_\d+\.jpg): /.exec(text)?.[1] ?? []);
    assert.equal(told.length, names.length);
    assert.deepEqual(new Set(told), new Set(names));
    assert.equal(terminal.lines.filter(({ text }) => FRAME.test(text)).length, 0, 'nothing of the frame is left');
    assert.match(textOf(terminal.window), /20,000 files of 20,002 failed; 2 uploaded/);
    assert.ok(!terminal.cursorIsHidden);
    await terminal.close();
  });

  it('shows a name that holds control characters without obeying them', async () => {
    const odd = join(folder.path, 'odd\u001b[2J\u0007folder');
    await mkdir(odd);
    await writeFile(join(odd, 'a.jpg'), '');
    const terminal = await upload([odd], { columns: 80, rows: 24 });
    assert.equal(await terminal.exited, 1);
    assert.ok(!terminal.raw.includes('\u001b[2J'));
    assert.match(textOf(terminal.window), /✗ .*folder\/a\.jpg: The file is empty/);
    await terminal.close();
  });
});
