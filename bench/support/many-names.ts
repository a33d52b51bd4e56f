const DIGITS = 7;

/** Names of which the nth in order is also the nth by number. */
export const fileName = (index: number) => `DSC_${String(index).padStart(DIGITS, '0')}.NEF`;

/** The number of the first name that sorts behind `name`. */
export function fileIndexAfter(name: string): number {
  const digits = /^DSC_(\d*)/.exec(name)?.[1] ?? '';
  const index = Number(digits.padEnd(DIGITS, '0'));
  return fileName(index) <= name ? index + 1 : index;
}
