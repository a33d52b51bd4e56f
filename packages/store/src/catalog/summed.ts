import type { DatabaseSync, SQLInputValue, StatementResultingChanges } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { keyText } from '../model.ts';
import type { Row, Statements } from './statements.ts';

/**
 * The tables that decide which bytes an object has, what it is called, and in which order writes hold: the columns
 * that the `row_sum` of each row covers, in this order. SQLite notices a damaged tree, but not a changed value. Ids
 * that SQLite gives are not in it: its own indexes have them too, and `integrity_check` compares these.
 */
const SUMMED = {
  bucket: ['name', 'created_at', 'cors'],
  object: [
    ...['bucket_id', 'key', 'size', 'etag', 'modified_at', 'headers', 'checksum', 'sequence', 'manifest', 'upload_id'],
  ],
  segment: ['object_id', 'start', 'size', 'blob', 'md5'],
  upload: ['id', 'bucket_id', 'key', 'initiated_at', 'headers', 'checksum_algorithm', 'checksum_type'],
  part: ['upload_id', 'number', 'size', 'etag', 'modified_at', 'checksum', 'blob', 'sequence'],
  completion: ['upload_id', 'bucket_id', 'key', 'etag', 'checksum', 'completed_at'],
  state: ['name', 'value'],
} satisfies Record<string, string[]>;

export type SummedTable = keyof typeof SUMMED;

export const SUMMED_TABLES = Object.keys(SUMMED) as SummedTable[];

const sumOf = (...values: unknown[]): number =>
  crc32(JSON.stringify(values.map((value) => (value instanceof Uint8Array ? keyText(value) : value))));

/** Whether a row, with all its columns, is as it was written. */
export const isAsWritten = (table: SummedTable, row: Row): boolean =>
  row.row_sum === sumOf(...SUMMED[table].map((column) => row[column]));

/** Lets SQL take sums. */
export const registerSums = (db: DatabaseSync): void => {
  db.function('sum_of', { varargs: true, deterministic: true }, sumOf);
};

const sumIn = (table: SummedTable) => `sum_of(${SUMMED[table].join(', ')})`;

/** SQL that gives the rows their sums, where they were changed. */
export const sumAnew = (table: SummedTable, where: string): string =>
  `UPDATE ${table} SET row_sum = ${sumIn(table)} WHERE ${where}`;

/** SQL that finds rows which are not as they were written. */
export const notAsWritten = (table: SummedTable, where: string): string =>
  `SELECT 1 FROM ${table} WHERE ${where} AND row_sum IS NOT ${sumIn(table)} LIMIT 1`;

/** Adds a row with its sum. Columns that `values` does not name become NULL. */
export function insertSummed(
  sql: Statements,
  table: SummedTable,
  values: Record<string, SQLInputValue>,
  { replace = false } = {},
): StatementResultingChanges {
  const columns = SUMMED[table];
  const row = columns.map((column) => values[column] ?? null);
  return sql.run(
    `INSERT ${replace ? 'OR REPLACE' : ''} INTO ${table} (${columns.join(', ')}, row_sum)
     VALUES (${columns.map(() => '?').join(', ')}, ?)`,
    ...row,
    sumOf(...row),
  );
}

/** The version of the schema in which every row of these tables has a sum. */
export const FIRST_WITH_ALL_SUMS = 4;

export const versionOf = (db: DatabaseSync): number =>
  Number((db.prepare('PRAGMA user_version').get() as Row).user_version);

/** A changed name or default in the schema's text would have rows read wrongly, so it has a sum, with its version. */
function schemaSum(db: DatabaseSync): number {
  const texts = db.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all() as Row[];
  return sumOf(versionOf(db), ...texts.map(({ sql }) => sql));
}

export const isSchemaAsWritten = (db: DatabaseSync): boolean => stateOf(db, 'schema') === schemaSum(db);

export const noteSchema = (db: DatabaseSync): void => setState(db, 'schema', schemaSum(db));

/** `sequence_limit`: writes have lower numbers. `last_change`: of the file of changes. `schema`: the schema's sum. */
type StateName = 'sequence_limit' | 'last_change' | 'schema';

/** 0 where there is none. */
export const stateOf = (db: DatabaseSync, name: StateName): number =>
  Number((db.prepare('SELECT value FROM state WHERE name = ?').get(name) as Row | undefined)?.value ?? 0);

export const setState = (db: DatabaseSync, name: StateName, value: number): void => {
  db.prepare('INSERT OR REPLACE INTO state (name, value, row_sum) VALUES (?, ?, ?)').run(
    name,
    value,
    sumOf(name, value),
  );
};
