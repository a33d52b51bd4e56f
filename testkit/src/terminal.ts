import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import headless from '@xterm/headless';
import { runOk } from './run.ts';
import { temporaryFolder } from './temporary.ts';

export type TerminalOptions = {
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  columns: number;
  rows: number;
};

export type Line = {
  text: string;
  /** It is the rest of the line above, for which the window was too narrow. */
  isWrapped: boolean;
};

/** Lines above the window that are kept. */
const SCROLLBACK = 100_000;

const WAIT_MS = 60_000;
const POLL_MS = 20;

/** Gives the pseudo-terminal its size, says where it is and its process, and becomes the program. */
const BEGIN = 'stty cols "$1" rows "$2"; tty > "$3"; echo $$ >> "$3"; shift 3; exec "$@"';

/**
 * A program in a real pseudo-terminal, which util-linux's `script` opens, and the window that a person would see, drawn
 * by a terminal emulator.
 */
export class TerminalWindow {
  readonly #emulator: InstanceType<typeof headless.Terminal>;
  readonly #child: ChildProcess;
  readonly #placeFile: string;
  readonly #remove: () => Promise<void>;
  #raw = '';
  /** Ends with the program's exit code. */
  readonly exited: Promise<number>;

  private constructor(
    child: ChildProcess,
    place: string,
    { columns, rows, remove }: TerminalOptions & { remove: () => Promise<void> },
  ) {
    this.#child = child;
    this.#placeFile = place;
    this.#remove = remove;
    this.#emulator = new headless.Terminal({ cols: columns, rows, scrollback: SCROLLBACK, allowProposedApi: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#raw += chunk;
      this.#emulator.write(chunk);
    });
    this.exited = once(child, 'close').then(async ([code]) => {
      await this.#drawn();
      return code;
    });
  }

  static async open(command: string, args: readonly string[], options: TerminalOptions): Promise<TerminalWindow> {
    const folder = await temporaryFolder('darkslide-terminal');
    const place = join(folder.path, 'place');
    const words = ['sh', '-c', BEGIN, 'sh', String(options.columns), String(options.rows), place, command, ...args];
    const child = spawn('script', ['--quiet', '--return', '--command', words.map(quoted).join(' '), '/dev/null'], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, TERM: 'xterm-256color', CI: undefined, SHELL: '/bin/sh', ...options.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new TerminalWindow(child, place, { ...options, remove: folder.remove });
  }

  /** Everything that was written, control sequences included. */
  get raw(): string {
    return this.#raw;
  }

  /** All lines, those that left the window at its top included. */
  get lines(): Line[] {
    return this.#linesFrom(0);
  }

  /** The lines in the window. */
  get window(): Line[] {
    return this.#linesFrom(this.#emulator.buffer.active.baseY);
  }

  get cursorIsHidden(): boolean {
    return this.#raw.lastIndexOf('\u001b[?25l') > this.#raw.lastIndexOf('\u001b[?25h');
  }

  press(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** As when a person drags the window's corner: the program gets SIGWINCH, and the emulator breaks lines anew. */
  async resize(columns: number, rows: number): Promise<void> {
    const { device } = await this.#place();
    await runOk('stty', ['-F', device, 'cols', String(columns), 'rows', String(rows)]);
    await this.#drawn();
    this.#emulator.resize(columns, rows);
  }

  /** Signals the program. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const { pid } = await this.#place();
    process.kill(pid, signal);
  }

  /** @throws {Error} with what the window shows, when it does not come to that. */
  async until(isSo: (terminal: this) => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!isSo(this)) {
      if (Date.now() > deadline) throw new Error(`It never came to ${isSo}:\n${textOf(this.window)}`);
      await sleep(POLL_MS);
      await this.#drawn();
    }
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
    this.#emulator.dispose();
    await this.#remove();
  }

  #linesFrom(first: number): Line[] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: active.length - first }, (_, at) => {
      const line = active.getLine(first + at);
      return { text: line?.translateToString(true) ?? '', isWrapped: line?.isWrapped ?? false };
    });
  }

  async #place(): Promise<{ device: string; pid: number }> {
    const [device = '', pid] = (await readFile(this.#placeFile, 'utf8')).trim().split('\n');
    return { device, pid: Number(pid) };
  }

  #drawn(): Promise<void> {
    return new Promise((resolve) => this.#emulator.write('', resolve));
  }
}

export const textOf = (lines: readonly Line[]): string => lines.map(({ text }) => text).join('\n');

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
