import type { ProjectChoice } from '@darkslide/client';
import { FAMILIES, type Family } from '@darkslide/contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectionFlags } from './context.ts';
import { parseRate } from './units.ts';

/** Options that several commands take, and how their values are read. */

export type ProjectFlags = ConnectionFlags & { flow: Family; json?: boolean };

export type UploadFlags = ProjectFlags & {
  project: string;
  all?: boolean;
  duplicates: 'error' | 'rename';
  overwrite?: boolean;
  concurrency?: number;
  limitRate?: number;
  dryRun?: boolean;
  quiet?: boolean;
  manifest?: string;
};

export type VerifyFlags = ProjectFlags & Pick<UploadFlags, 'all' | 'duplicates'>;

export const withConnection = (command: Command): Command =>
  command
    .option('--url <url>', 'the server (DARKSLIDE_URL)')
    .option('--api-key <key>', 'an API key, or an upload token (DARKSLIDE_API_KEY)');

export const withFlow = (command: Command): Command =>
  command.addOption(
    new Option('--flow <flow>', 'the family of projects').choices(Object.keys(FAMILIES)).default('profile'),
  );

export const duplicatesOption = (description: string): Option =>
  new Option('--duplicates <way>', description).choices(['error', 'rename']).default('error');

export function parseConcurrency(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 256) {
    throw new InvalidArgumentError('Give a number from 1 to 256.');
  }
  return value;
}

export function parseLimit(text: string): number {
  const value = parseRate(text);
  if (value === undefined) throw new InvalidArgumentError('Give bytes a second, as in 500K or 20M.');
  return value;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A project may be told by its name or its uuid. */
export const projectChoice = (text: string): ProjectChoice => (UUID.test(text) ? { uuid: text } : text);
