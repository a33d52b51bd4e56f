import { type RawBuilder, sql } from 'kysely';
import type { DatabaseKind } from './tables.ts';

/**
 * The moment, in milliseconds since 1970, as the database's own clock has it. Whatever one node holds and another may
 * take over is timed by this one: the clocks of two nodes may differ by minutes.
 */
export type DatabaseClock = () => RawBuilder<number>;

const CLOCKS: Record<DatabaseKind, DatabaseClock> = {
  sqlite: () => sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: () => sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
};

export const databaseClock = (kind: DatabaseKind): DatabaseClock => CLOCKS[kind];
