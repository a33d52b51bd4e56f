import { createClient, type LocalPlan, manifestOf, stateFolder } from '@darkslide/client';
import { Command, Option } from 'commander';
import { type Context, connection } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { checkManifestName, writeManifest } from './manifest-file.ts';
import { type ProjectFlags, parseConcurrency, parseLimit, projectChoice, withConnection, withFlow } from './options.ts';
import type { Finish } from './program.ts';
import { formatBytes, plural } from './units.ts';
import { createView } from './views/create-view.ts';
import { failureLine, plannedLine } from './views/lines.ts';

type UploadFlags = ProjectFlags & {
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

const EXAMPLES = `
Examples:
  darkslide upload ./card1 --project "Smith wedding"
  darkslide upload ./card1 ./card2 --project "Smith wedding" --duplicates rename
  darkslide upload "shoot/**/*.NEF" --project Catalogue --limit-rate 20M
  darkslide upload ./house-12 --project "House 12" --flow smart-editing --json

Running the same command again goes on where the last run ended: what storage holds is not sent twice.
Exit codes: 0 all arrived, 1 some did not, 2 wrong use or configuration.`;

export function uploadCommand(context: Context, finish: Finish): Command {
  const command = new Command('upload')
    .description('send photos, and check that they arrived')
    .argument('<path...>', 'folders, files or globs')
    .requiredOption('-p, --project <name>', 'the project; made where there is none, gone on with where there is')
    .option('--all', 'send every file, not only photos and their sidecars')
    .addOption(
      new Option('--duplicates <way>', 'different files of one name: refuse, or put the folder before the name')
        .choices(['error', 'rename'])
        .default('error'),
    )
    .option('--overwrite', 'replace files that the project holds with other content')
    .option('--concurrency <n>', 'transfers at once (default: as many as the path bears)', parseConcurrency)
    .option('--limit-rate <rate>', 'bytes a second, as in 500K or 20M', parseLimit)
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--json', 'events as JSON, one a line, the summary last')
    .option('-q, --quiet', 'say nothing but what went wrong')
    .option('--manifest <file>', 'write what arrived, as .json, .csv, or .mhl (ASC Media Hash List)')
    .addHelpText('after', EXAMPLES);
  return withConnection(withFlow(command)).action(async (paths: string[], flags: UploadFlags) =>
    finish(await upload(context, paths, flags)),
  );
}

async function upload(context: Context, paths: string[], flags: UploadFlags): Promise<ExitCode> {
  if (flags.manifest) checkManifestName(flags.manifest);
  const view = await createView(context, flags);
  const client = createClient({ ...connection(context, flags), stateFolder: stateFolder(context.env) });
  const { all, duplicates } = flags;
  const interrupt = new AbortController();
  const unhook = context.onInterrupt(() => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Error('interrupted'));
  });
  const { signal } = interrupt;
  try {
    const plan = await client.plan({ paths, all, duplicates, signal });
    if (flags.dryRun) return dryRun(context, plan, flags);
    view.planned(plan);
    const summary = await client.uploadPlan(plan, {
      project: projectChoice(flags.project),
      flow: flags.flow,
      overwrite: flags.overwrite,
      concurrency: flags.concurrency,
      bytesPerSecond: flags.limitRate,
      signal,
      onEvent: (event) => view.event(event),
    });
    view.finish(summary);
    if (flags.manifest) await writeManifest(flags.manifest, await manifestOf(plan, summary, { signal }), context);
    return summary.failed === 0 ? EXIT.done : EXIT.incomplete;
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop('Interrupted. Run the same command again to go on: what arrived is not sent twice.');
    return EXIT.interrupted;
  } finally {
    unhook();
    client.close();
  }
}

function dryRun({ stdout }: Context, plan: LocalPlan, { json }: UploadFlags): ExitCode {
  const { files, settled, bytes } = plan;
  const line = (text: string) => stdout.write(`${text}\n`);
  const failures = settled.filter((result) => result.status === 'failed');
  if (json) {
    for (const { name, source } of files) {
      line(JSON.stringify({ type: 'would-send', name, path: source.path, size: source.size }));
    }
    for (const { path, reason, message } of failures)
      line(JSON.stringify({ type: 'would-fail', path, reason, message }));
    line(JSON.stringify({ type: 'plan', files: files.length, bytes, failed: failures.length }));
  } else {
    for (const { name, source } of files) line(`${name}  ${formatBytes(source.size)}  ${source.path}`);
    for (const failure of failures) line(`can't be sent: ${failureLine(failure)}`);
    line(
      `Would send ${plannedLine(plan)}${failures.length > 0 ? `; ${plural(failures.length, 'file')} can't be sent` : ''}.`,
    );
  }
  return failures.length === 0 ? EXIT.done : EXIT.incomplete;
}
