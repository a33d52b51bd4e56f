import { readFile, writeFile } from 'node:fs/promises';
import { type Account, Darkslide, type S3Access } from './darkslide.ts';

/** What servers stand on, as far as they do not bring it along: a PostgreSQL server and a storage. */
export type Engines = { databaseUrl?: string; s3?: S3Access };

/** What specs talk to. They know nothing else of the system. */
export type Target = {
  apiUrl: string;
  accounts: { first: Account; second: Account };
  /** The storage behind it, for specs that look at or change objects directly. */
  s3: S3Access;
  /** What further servers of this run stand on; empty: what they bring along. */
  engines: Engines;
};

/** Names a JSON file that holds a {@link Target}. */
export const TARGET_VARIABLE = 'ACCEPTANCE_TARGET_FILE';

export type AcquiredTarget = { target: Target; release(): Promise<void> };

/** The target that the run was given, or else a server of this spec file's own. */
export async function acquireTarget(): Promise<AcquiredTarget> {
  const given = await givenTarget();
  if (given) return { target: given, release: async () => {} };
  const darkslide = await Darkslide.start();
  return { target: await targetOf(darkslide), release: () => darkslide.remove() };
}

/** The engines that the run was given; none where it was given no target. */
export async function givenEngines(): Promise<Engines> {
  return (await givenTarget())?.engines ?? {};
}

async function givenTarget(): Promise<Target | undefined> {
  const file = process.env[TARGET_VARIABLE];
  return file ? (JSON.parse(await readFile(file, 'utf8')) as Target) : undefined;
}

export async function targetOf(darkslide: Darkslide, engines: Engines = {}): Promise<Target> {
  const first = { name: 'first', apiKey: darkslide.apiKey };
  const second = await darkslide.createAccount('second');
  return { apiUrl: darkslide.apiUrl, accounts: { first, second }, s3: darkslide.s3, engines };
}

export async function writeTarget(file: string, target: Target): Promise<void> {
  await writeFile(file, JSON.stringify(target), { mode: 0o600 });
}
