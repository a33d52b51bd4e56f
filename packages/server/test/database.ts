import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext } from 'node:test';
import pg from 'pg';
import type { DatabaseConfig } from '../src/database/config.ts';
import type { DatabaseKind } from '../src/database/tables.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../src/open-database.ts';
import { afterwards } from './afterwards.ts';

/** A PostgreSQL in which tests may create databases, such as postgres://postgres@127.0.0.1:5432/postgres */
export const POSTGRES_URL = process.env.DATABASE_URL_TEST;

/** Runs the same tests on SQLite and, where one is given, on PostgreSQL. */
export function onEveryDatabase(title: string, tests: (kind: DatabaseKind) => void): void {
  const skip = POSTGRES_URL === undefined && 'DATABASE_URL_TEST names no PostgreSQL';
  describe(`${title}, on SQLite`, () => tests('sqlite'));
  describe(`${title}, on PostgreSQL`, { skip }, () => tests('postgres'));
}

/** Where a new, empty database is, or will be once it is opened; it is gone after the test. */
export async function newDatabase(t: TestContext, kind: DatabaseKind = 'sqlite'): Promise<DatabaseConfig> {
  if (kind === 'postgres') return await newPostgres(t);
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-server-'));
  afterwards(t, () => rm(folder, { recursive: true }));
  return { kind, path: join(folder, 'test.sqlite') };
}

export async function openTestDatabase(
  t: TestContext,
  kind?: DatabaseKind,
  options?: DatabaseOptions,
): Promise<Database> {
  const config = await newDatabase(t, kind);
  return await openedFor(t, config, options);
}

/** One more connection to a database, as another server has one. */
export async function openedFor(t: TestContext, config: DatabaseConfig, options?: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(config, options);
  afterwards(t, () => database.close());
  return database;
}

async function newPostgres(t: TestContext): Promise<DatabaseConfig> {
  const name = `darkslide_test_${randomBytes(8).toString('hex')}`;
  await administrate(`create database ${name}`);
  afterwards(t, () => administrate(`drop database ${name} with (force)`));
  const url = new URL(POSTGRES_URL ?? '');
  url.pathname = name;
  return { kind: 'postgres', url: url.href };
}

async function administrate(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
