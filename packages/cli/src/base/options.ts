import type { FindOptions, ProjectChoice } from '@darkslide/client';
import { FAMILIES, type Family } from '@darkslide/contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseRate } from './units.ts';

/** Options that several commands take, and how their values are read. */

export type ConnectionFlags = { url?: string; apiKey?: string };

export type ProjectFlags = ConnectionFlags & { flow: Family; json?: boolean };

/** Which files to take from the disk. */
type FindFlags = Pick<FindOptions, 'all' | 'include' | 'exclude' | 'followLinks'>;

export type UploadFlags = ProjectFlags &
  FindFlags & {
    project: string;
    duplicates: 'error' | 'rename';
    overwrite?: boolean;
    concurrency?: number;
    limitRate?: number;
    requireCompleteSets?: boolean;
    inspect: boolean;
    dryRun?: boolean;
    quiet?: boolean;
    manifest?: string;
  };

export type DownloadFlags = ProjectFlags &
  Pick<UploadFlags, 'overwrite' | 'concurrency' | 'quiet'> & { bySet?: boolean; follow?: boolean };

export type VerifyFlags = { readBack?: boolean } & ProjectFlags & FindFlags & Pick<UploadFlags, 'duplicates'>;

export const withConnection = (command: Command): Command =>
  command
    .option('--url <url>', 'the server (DARKSLIDE_URL)')
    .option('--api-key <key>', 'an API key, or an upload token (DARKSLIDE_API_KEY)');

export const withFlow = (command: Command): Command =>
  command.addOption(
    new Option('--flow <flow>', 'the kind of project').choices(Object.keys(FAMILIES)).default('profile'),
  );

const collect = (pattern: string, others: string[] = []) => [...others, pattern];

export const withFinding = (command: Command): Command =>
  command
    .option('--all', 'take every file, not only photos and their sidecars')
    .option('--include <pattern>', 'take files that match, of any kind; may be repeated', collect)
    .option('--exclude <pattern>', 'leave out files or folders that match; may be repeated', collect)
    .option('--follow-links', 'follow links that lead out of the given folders')
    .addHelpText('after', PATTERNS);

const PATTERNS = `
Patterns:
  *.jpg          by name; case does not count
  selects/*.tif  with a slash: by the path below the given folder; **/ matches any folders
  Exports/       with a slash at the end: folders only
--include is stronger than --exclude, and both are stronger than the default, which leaves out other files than photos
and sidecars, hidden files, and folders of systems and programs (@eaDir, $RECYCLE.BIN, *.lrdata …). The contents of a
folder that is left out are not read. A file that is named is taken, unless --exclude matches it.`;

export const duplicatesOption = (description: string): Option =>
  new Option('--duplicates <way>', description).choices(['error', 'rename']).default('error');

export function parseConcurrency(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256) {
    throw new InvalidArgumentError('Use a number from 1 to 256.');
  }
  return value;
}

export function parseLimit(text: string): number {
  const value = parseRate(text);
  if (value === undefined) throw new InvalidArgumentError('Use bytes per second, such as 500K or 20M.');
  return value;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A project is chosen by its name or its uuid. */
export const projectChoice = (text: string): ProjectChoice => (UUID.test(text) ? { uuid: text } : text);
