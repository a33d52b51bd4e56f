import { type RawBuilder, sql } from 'kysely';
import type { DatabaseKind } from './tables.ts';

/**
 * Any number of rows as one parameter, of JSON: `v.value ->> n` is the nth column. One statement for 10,000 names,
 * whatever the database's limit on parameters. Put rows in sorted, so that two such statements can't deadlock.
 */
export function jsonRows(
  kind: DatabaseKind,
  rows: readonly (readonly (string | number | null)[])[],
): RawBuilder<unknown> {
  const json = JSON.stringify(rows);
  return kind === 'sqlite' ? sql`json_each(${json}) as v` : sql`json_array_elements(${json}::json) as v`;
}
