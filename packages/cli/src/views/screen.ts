import cliCursor from 'cli-cursor';
import stringWidth from 'string-width';
import type { Output } from '../base/context.ts';
import { printable } from '../base/output.ts';

/** Terminals that know it show what stands between these two at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/**
 * The foot of a terminal: a frame of lines that is drawn anew and never wraps, below lines that stay. Lines that stay
 * are written with the next frame, so that thousands of them cost few writes.
 */
export class Screen {
  readonly #stdout: Output;
  #frame: readonly string[] = [];
  #staying: string[] = [];

  constructor(stdout: Output) {
    this.#stdout = stdout;
  }

  /** Columns that a line of the frame has. The last one stays empty: some terminals wrap after it. */
  get width(): number {
    return Math.max(this.#columns - 1, 1);
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  /** A line that stays, above the frame. */
  print(line: string): void {
    this.#staying.push(printable(line));
    if (this.#frame.length === 0) this.draw([]);
  }

  /** Takes the place of the frame before it. The cursor is hidden as long as there is one. */
  draw(lines: readonly string[]): void {
    const frame = lines.map((line) => clip(printable(line), this.width));
    if (frame.length > 0) cliCursor.hide(this.#stdout);
    const text = [...this.#staying, ...frame].map((line) => `${line}\n`).join('');
    this.#stdout.write(`${BEGIN}${this.#erasing()}${text}${END}`);
    this.#frame = frame;
    this.#staying = [];
  }

  /** Leaves the lines that stay, and the cursor. */
  close(): void {
    this.draw([]);
    cliCursor.show(this.#stdout);
  }

  get #columns(): number {
    return this.#stdout.columns || 80;
  }

  /** Where the window became narrower, its terminal has broken the frame's lines into several. */
  #erasing(): string {
    const rows = this.#frame.reduce((sum, line) => sum + Math.max(Math.ceil(stringWidth(line) / this.#columns), 1), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[J`;
  }
}

const graphemes = new Intl.Segmenter();

/** As much of it as fits into so many columns. */
function clip(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line;
  let clipped = '';
  let width = 0;
  for (const { segment } of graphemes.segment(line)) {
    width += stringWidth(segment);
    if (width >= columns) break;
    clipped += segment;
  }
  return `${clipped}…`;
}
