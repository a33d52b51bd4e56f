import cliCursor from 'cli-cursor';
import stringWidth from 'string-width';
import type { Output } from '../base/context.ts';
import { printable } from '../base/output.ts';

/** Terminals that support it show everything between these two at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/**
 * The bottom of a terminal: a frame of lines that is redrawn and never wraps, below lines that stay. Lines that stay are
 * written with the next frame, so that thousands of them cost few writes.
 */
export class Screen {
  readonly #stdout: Output;
  #frame: readonly string[] = [];
  #staying: string[] = [];

  constructor(stdout: Output) {
    this.#stdout = stdout;
  }

  /** Columns of a line of the frame. The last column stays empty: some terminals wrap after it. */
  get width(): number {
    return Math.max(this.#columns - 1, 1);
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  /** Prints a line that stays, above the frame. */
  print(line: string): void {
    this.#staying.push(printable(line));
    if (this.#frame.length === 0) this.draw([]);
  }

  /** Replaces the frame. The cursor is hidden while there is one. */
  draw(lines: readonly string[]): void {
    const frame = lines.map((line) => clip(printable(line), this.width));
    if (frame.length > 0) cliCursor.hide(this.#stdout);
    const text = [...this.#staying, ...frame].map((line) => `${line}\n`).join('');
    this.#stdout.write(`${BEGIN}${this.#erasing()}${text}${END}`);
    this.#frame = frame;
    this.#staying = [];
  }

  /** Removes the frame, and shows the cursor again. */
  close(): void {
    this.draw([]);
    cliCursor.show(this.#stdout);
  }

  get #columns(): number {
    return this.#stdout.columns || 80;
  }

  /** If the window became narrower, the terminal has wrapped the frame's lines. */
  #erasing(): string {
    const rows = this.#frame.reduce((sum, line) => sum + Math.max(Math.ceil(stringWidth(line) / this.#columns), 1), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\u001b[J`;
  }
}

const graphemes = new Intl.Segmenter();

/** The beginning of the line that fits into `columns`. */
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
