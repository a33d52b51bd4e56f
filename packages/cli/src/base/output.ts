import type { Output } from './context.ts';

/**
 * Text that is safe for a terminal or a log: one line, without control, format and bidirectional characters. File names,
 * messages of servers and request ids may contain them. They could move the cursor, or imitate lines of this program.
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');

/** Writes a line for people. */
export function say(output: Output, line: string): void {
  output.write(`${printable(line)}\n`);
}

/** Writes a line for programs, as JSON, unchanged. */
export function sayJson(output: Output, value: object, replacer?: (key: string, value: unknown) => unknown): void {
  output.write(`${JSON.stringify(value, replacer)}\n`);
}
