import { readFile, writeFile } from 'node:fs/promises';
import { type Account, Darkslide, type S3Access } from './darkslide.ts';

/** What specs talk to. They know nothing else of the system. */
export type Target = {
  apiUrl: string;
  accounts: { first: Account; second: Account };
  /** The storage behind it, for specs that look at or change objects directly. */
  s3: S3Access;
  /** What only the embedded store promises (section 8 of the contract, and L4.3) is not asked of another storage. */
  storage: 'embedded' | 'external';
};

/** Names a JSON file that holds a {@link Target}. */
export const TARGET_VARIABLE = 'ACCEPTANCE_TARGET_FILE';

export type AcquiredTarget = { target: Target; release(): Promise<void> };

/** The target that the run was given, or else a server of this spec file's own. */
export async function acquireTarget(): Promise<AcquiredTarget> {
  const file = process.env[TARGET_VARIABLE];
  if (file) return { target: JSON.parse(await readFile(file, 'utf8')) as Target, release: async () => {} };
  const darkslide = await Darkslide.start();
  return { target: await embeddedTarget(darkslide), release: () => darkslide.remove() };
}

export async function embeddedTarget(darkslide: Darkslide): Promise<Target> {
  const first = { name: 'first', apiKey: darkslide.apiKey };
  const second = await darkslide.createAccount('second');
  return { apiUrl: darkslide.apiUrl, accounts: { first, second }, s3: darkslide.s3, storage: 'embedded' };
}

export async function writeTarget(file: string, target: Target): Promise<void> {
  await writeFile(file, JSON.stringify(target), { mode: 0o600 });
}
