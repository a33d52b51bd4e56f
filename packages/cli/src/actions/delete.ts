import { createInterface } from 'node:readline/promises';
import { type NodeClient, RefusedError } from '@darkslide/client';
import { type Context, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { ProjectFlags } from '../base/options.ts';
import { printable, say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';
import { existing, withClient } from './with-client.ts';

type DeleteFlags = ProjectFlags & { yes?: boolean };

export async function deleteFiles(
  context: Context,
  project: string,
  names: string[],
  flags: DeleteFlags,
): Promise<ExitCode> {
  return await withClient(context, flags, (client) => confirmAndDelete(context, client, { project, names, flags }));
}

type Selection = { project: string; names: string[]; flags: DeleteFlags };

async function confirmAndDelete(context: Context, client: NodeClient, selection: Selection): Promise<ExitCode> {
  const { project, names, flags } = selection;
  const uuid = await existing(client, project, flags);
  const what = names.length === 0 ? 'all its files' : plural(names.length, 'file');
  if (!flags.yes && !(await isConfirmed(context, `Delete ${what} of "${project}" for good?`))) return EXIT.incomplete;
  const tell = (record: Record<string, unknown>, text: string) =>
    flags.json ? sayJson(context.stdout, record) : say(context.stdout, text);
  const { flow } = flags;
  if (names.length === 0) {
    await client.deleteProject(uuid, { flow });
    tell({ type: 'project', project_uuid: uuid, deleted: true }, `The project "${project}" is deleted.`);
    return EXIT.done;
  }
  let failed = 0;
  for (const name of names) {
    try {
      await client.deleteFile(uuid, name, { flow });
      tell({ type: 'file', name, deleted: true }, `${name}: deleted`);
    } catch (error) {
      if (!(error instanceof RefusedError && error.status !== 401 && error.status !== 403)) throw error;
      failed += 1;
      tell({ type: 'file', name, deleted: false, message: error.message }, `${name}: ${error.message}`);
    }
  }
  return failed === 0 ? EXIT.done : EXIT.incomplete;
}

/** @throws {UsageError} There is no terminal to ask on. */
async function isConfirmed({ stdout }: Context, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !stdout.isTTY) {
    throw new UsageError('Deleted files cannot be restored. Without a terminal to confirm on, use --yes.');
  }
  const lines = createInterface({ input: process.stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
