import { createInterface } from 'node:readline/promises';
import { createClient, RefusedError } from '@darkslide/client';
import { Command } from 'commander';
import { type Context, connection, type Finish, tellImplicitKey, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { type ProjectFlags, projectChoice, withConnection, withFlow } from '../base/options.ts';
import { printable, say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';

const EXAMPLES = `
Examples:
  darkslide delete "Smith wedding" DSC_0001.NEF DSC_0002.NEF
  darkslide delete "Smith wedding" --yes

What is deleted can't be had back. The key needs the scope "admin".

Exit codes: 0 deleted, 1 some was not, 2 wrong use or configuration.`;

type DeleteFlags = ProjectFlags & { yes?: boolean };

export function deleteCommand(context: Context, finish: Finish): Command {
  const command = new Command('delete')
    .description('delete files of a project, or the whole project')
    .argument('<project>', 'its name or uuid')
    .argument('[name...]', 'its files to delete; without any, the project with all its files')
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(async (project: string, names: string[], flags: DeleteFlags) => {
    finish(await deleteAll(context, project, names, flags));
  });
}

async function deleteAll(context: Context, project: string, names: string[], flags: DeleteFlags): Promise<ExitCode> {
  tellImplicitKey(context, flags);
  const client = createClient(connection(context, flags));
  const { flow } = flags;
  try {
    const uuid = await client.findProject(projectChoice(project), { flow });
    if (uuid === undefined) throw new UsageError(`There is no project "${project}" in the ${flow} flow.`);
    const what = names.length === 0 ? 'all its files' : plural(names.length, 'file');
    if (!flags.yes && !(await isConfirmed(context, `Delete ${what} of "${project}" for good?`))) return EXIT.incomplete;
    const tell = (record: Record<string, unknown>, text: string) =>
      flags.json ? sayJson(context.stdout, record) : say(context.stdout, text);
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
  } finally {
    client.close();
  }
}

/** @throws {UsageError} where nobody can be asked. */
async function isConfirmed({ stdout }: Context, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !stdout.isTTY)
    throw new UsageError('What is deleted can not be had back. Say --yes where nobody can be asked.');
  const lines = createInterface({ input: process.stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
