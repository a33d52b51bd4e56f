/** What our client and the vendor's way both say in the last line that they print. */
export type Summary = { successful: number; failed: number };

export function readSummary(stdout: string): Summary {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Summary;
}
