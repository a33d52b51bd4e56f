import { setImmediate } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import type { DatabaseKind } from './tables.ts';

/** Rows of one statement of SQLite's, which runs on this thread: other requests wait for its end. */
const ROWS_PER_STATEMENT = 500;

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

/** Whether `inStatements` needs one statement for that many rows. */
export const isOneStatement = (kind: DatabaseKind, rows: number) => kind === 'postgres' || rows <= ROWS_PER_STATEMENT;

/**
 * Runs a statement over rows, with SQLite a few hundred at a time, so that other requests are handled in between. To
 * be called within a transaction where all rows or none are to be written. It does not wait for its turn: others may
 * wait for the transaction.
 */
export async function inStatements<Row>(
  kind: DatabaseKind,
  rows: readonly Row[],
  run: (some: readonly Row[]) => Promise<void>,
): Promise<void> {
  const most = kind === 'sqlite' ? ROWS_PER_STATEMENT : rows.length;
  await run(rows.slice(0, most));
  for (let at = most; at < rows.length; at += most) {
    await setImmediate();
    await run(rows.slice(at, at + most));
  }
}
