import { createClient, type ManifestEntry, manifestOf, stateFolder } from '@darkslide/client';
import { Command } from 'commander';
import { type Context, connection, type Finish, tellImplicitKey, tellKey } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import {
  duplicatesOption,
  parseConcurrency,
  parseLimit,
  projectChoice,
  type UploadFlags,
  withConnection,
  withFinding,
  withFlow,
} from '../base/options.ts';
import { say } from '../base/output.ts';
import { checkManifest, writeManifest } from '../manifest/manifest-file.ts';
import { createView } from '../views/create-view.ts';
import type { View } from '../views/view.ts';
import { dryRun } from './dry-run.ts';

const EXAMPLES = `
Examples:
  darkslide upload ./card1 --project "Smith wedding"
  darkslide upload ./card1 ./card2 --project "Smith wedding" --duplicates rename
  darkslide upload "shoot/**/*.NEF" --project Catalogue --limit-rate 20M
  darkslide upload ./house-12 --project "House 12" --flow smart-editing --json
  darkslide upload ./card1 --project "Smith wedding" --dry-run
  darkslide upload ./card1 --project "Smith wedding" --manifest card1.mhl

Running the same command again goes on where the last run ended: what storage holds is not sent twice.
Exit codes: 0 all arrived, 1 some did not, 2 wrong use or configuration.`;

export function uploadCommand(context: Context, finish: Finish): Command {
  const command = new Command('upload')
    .description('send photos, and check that they arrived')
    .argument('<path...>', 'folders, files or globs')
    .requiredOption('-p, --project <name>', 'the project; made where there is none, gone on with where there is')
    .addOption(duplicatesOption('different files of one name: refuse, or put the folder before the name'))
    .option('--overwrite', 'replace files that the project holds with other content')
    .option('--concurrency <n>', 'transfers at once (default: as many as the path bears)', parseConcurrency)
    .option('--limit-rate <rate>', 'bytes a second, as in 500K or 20M', parseLimit)
    .option('--dry-run', 'say what would be sent, and send nothing: what the project holds is compared')
    .option('--json', 'events as JSON, one a line, the summary last')
    .option('-q, --quiet', 'say nothing but what went wrong')
    .option('--manifest <file>', 'write what arrived, as .json, .csv, or .mhl (ASC Media Hash List)');
  return withConnection(withFlow(withFinding(command)))
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: UploadFlags) => finish(await upload(context, paths, flags)));
}

/** A disk or a network folder that hangs can hold up the end of a run. */
const STILL_ENDING = 'Still ending what was begun; Ctrl-C again leaves at once.';
const STILL_ENDING_MS = 1000;

const NO_HOME = 'This user has no home folder, so nothing is remembered: a later run will ask and read more.';

async function upload(context: Context, paths: string[], flags: UploadFlags): Promise<ExitCode> {
  if (flags.manifest) await checkManifest(flags.manifest);
  const view = await createView(context, flags);
  const journal = stateFolder(context.env);
  if (journal === undefined) view.event({ type: 'notice', message: NO_HOME });
  const client = createClient({ ...connection(context, flags), stateFolder: journal });
  const { all, include, exclude, followLinks, duplicates } = flags;
  const { signal, unhook } = interruption(context, view);
  try {
    const plan = await client.plan({ paths, all, include, exclude, followLinks, duplicates, signal });
    if (flags.json || flags.dryRun) tellImplicitKey(context, flags);
    else if (!flags.quiet) tellKey(context, flags);
    if (flags.dryRun) return await dryRun(context, client, { plan, flags, signal });
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
    const kept =
      !flags.manifest || (await keepManifest(context, flags.manifest, manifestOf(plan, summary, { signal })));
    signal.throwIfAborted();
    return kept && summary.failed === 0 ? EXIT.done : EXIT.incomplete;
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop('Interrupted. Run the same command again to go on: what arrived is not sent twice.');
    return EXIT.interrupted;
  } finally {
    unhook();
    client.close();
  }
}

/** The first Ctrl-C ends the run in order, the second leaves it. */
function interruption(context: Context, view: View): { signal: AbortSignal; unhook: () => void } {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  let slow: NodeJS.Timeout | undefined;
  const stopListening = context.onInterrupt(() => {
    if (signal.aborted) {
      view.stop('Left at once. Run the same command again to go on: what arrived is not sent twice.');
      context.leave();
      return;
    }
    slow = setTimeout(() => view.event({ type: 'notice', message: STILL_ENDING }), STILL_ENDING_MS);
    interrupt.abort(new Error('interrupted'));
  });
  const unhook = () => {
    clearTimeout(slow);
    stopListening();
  };
  return { signal, unhook };
}

async function keepManifest(context: Context, file: string, entries: Promise<ManifestEntry[]>): Promise<boolean> {
  try {
    await writeManifest(file, await entries, context);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    say(context.stderr, `The manifest ${file} could not be written: ${reason}`);
    say(context.stderr, 'What arrived is in storage all the same; run the same command again for the manifest.');
    return false;
  }
}
