import { createClient, type ManifestEntry, manifestOf, stateFolder } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';
import { connection, tellImplicitKey, tellKey } from '../base/connection.ts';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { projectChoice, type UploadFlags } from '../base/options.ts';
import { say } from '../base/output.ts';
import { checkManifest, writeManifest } from '../manifest/manifest-file.ts';
import { withShots } from '../manifest/with-shots.ts';
import { createView } from '../views/create-view.ts';
import { dryRun } from './dry-run.ts';
import { hasIncompleteSets } from './incomplete-sets.ts';
import { interruption } from './interruption.ts';
import { inspectPlan } from './read-shoot.ts';

const NO_HOME = 'This user has no home folder, so there is no resume journal. Later runs are slower; nothing is lost.';

const RESUME = 'Run the same command again to resume: uploaded files are not sent again.';

export async function upload(context: Context, paths: string[], flags: UploadFlags): Promise<ExitCode> {
  if (flags.manifest) await checkManifest(flags.manifest);
  const view = await createView(context, flags);
  const journal = stateFolder(context.env);
  if (journal === undefined) view.event({ type: 'notice', message: NO_HOME });
  const client = createClient({ ...connection(context, flags), stateFolder: journal });
  const { all, include, exclude, followLinks, duplicates } = flags;
  const { signal, unhook } = interruption(context, view, RESUME);
  try {
    const plan = await client.plan({ paths, all, include, exclude, followLinks, duplicates, signal });
    const isNeeded = Boolean(flags.requireCompleteSets || flags.manifest);
    const inspection = inspectPlan(plan, { isWanted: flags.inspect && !flags.quiet, isNeeded, signal });
    inspection.catch(() => {});
    if (flags.requireCompleteSets) {
      const shoot = await inspection;
      if (shoot && hasIncompleteSets(context, shoot, flags)) return EXIT.incomplete;
    }
    if (flags.json || flags.dryRun) tellImplicitKey(context, flags);
    else if (!flags.quiet) tellKey(context, flags);
    if (flags.dryRun) return await dryRun(context, client, { plan, flags, signal, shoot: await inspection });
    view.planned(plan);
    const shown = inspection.then((shoot) => shoot && view.shoot(shoot));
    shown.catch(() => {});
    const summary = await client.uploadPlan(plan, {
      project: projectChoice(flags.project),
      flow: flags.flow,
      overwrite: flags.overwrite,
      concurrency: flags.concurrency,
      bytesPerSecond: flags.limitRate,
      signal,
      onEvent: (event) => view.event(event),
    });
    await shown;
    view.finish(summary);
    const file = flags.manifest;
    const isWritten =
      !file ||
      (await tryToWriteManifest(context, file, {
        entries: manifestOf(plan, summary, { signal }),
        shoot: await inspection,
      }));
    signal.throwIfAborted();
    return isWritten && summary.failed === 0 ? EXIT.done : EXIT.incomplete;
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop(`Interrupted. ${RESUME}`);
    return EXIT.interrupted;
  } finally {
    unhook();
    client.close();
  }
}

async function tryToWriteManifest(
  context: Context,
  file: string,
  { entries, shoot }: { entries: Promise<ManifestEntry[]>; shoot: Shoot | undefined },
): Promise<boolean> {
  try {
    await writeManifest(file, withShots(await entries, shoot), context);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    say(context.stderr, `The manifest ${file} could not be written: ${reason}`);
    say(context.stderr, 'The uploaded files are in storage. Run the same command again to write the manifest.');
    return false;
  }
}
