import type { UploadTokenRow } from '../database/tables.ts';

/** A name that a token asks for, and what it counts of the token's bytes. */
export type Claim = { name: string; size: number };

/** `full`: the names and sizes that are new would be over a limit, of which `used` is taken and `asked` was wanted. */
export type Counted =
  | { kind: 'fits'; added: { files: number; bytes: number } }
  | { kind: 'full'; limit: 'files' | 'bytes'; most: number; used: number; asked: number };

type Limited = Pick<UploadTokenRow, 'files' | 'bytes' | 'max_files' | 'max_bytes'>;

/**
 * Counts names against a token's limits. A name counts once, with the largest size that was asked for; `known` has those
 * that count already.
 */
export function countClaims(token: Limited, claims: readonly Claim[], known: ReadonlyMap<string, number>): Counted {
  const added = {
    files: claims.filter(({ name }) => !known.has(name)).length,
    bytes: claims.reduce((sum, { name, size }) => sum + Math.max(0, size - (known.get(name) ?? 0)), 0),
  };
  for (const limit of ['files', 'bytes'] as const) {
    const most = token[`max_${limit}`];
    if (most !== null && token[limit] + added[limit] > most) {
      return { kind: 'full', limit, most, used: token[limit], asked: added[limit] };
    }
  }
  return { kind: 'fits', added };
}
