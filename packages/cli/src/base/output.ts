import type { Output } from './context.ts';

/**
 * Text as a terminal or a log may show it: one line, without control, format and bidirectional characters. Names of
 * files, what servers say and request ids may hold them, and could move the cursor, or look like lines of our own.
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');

/** Writes a line for people. */
export function say(output: Output, line: string): void {
  output.write(`${printable(line)}\n`);
}

/** Writes a line for programs, exactly. */
export function sayJson(output: Output, value: object, replacer?: (key: string, value: unknown) => unknown): void {
  output.write(`${JSON.stringify(value, replacer)}\n`);
}
