import { createClient } from '@darkslide/client';
import { connection, tellImplicitKey } from '../base/connection.ts';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { DownloadFlags } from '../base/options.ts';
import { createView } from '../views/create-view.ts';
import { interruption } from './interruption.ts';
import { existing } from './with-client.ts';

const RESUME = 'Run the same command again to resume: what was fetched is not fetched again.';

export async function download(
  context: Context,
  project: string,
  folder: string | undefined,
  flags: DownloadFlags,
): Promise<ExitCode> {
  const view = await createView(context, flags);
  const client = createClient(connection(context, flags));
  const { flow, bySet, follow, overwrite, concurrency } = flags;
  const { signal, unhook } = interruption(context, view, RESUME);
  try {
    tellImplicitKey(context, flags);
    const uuid = await existing(client, project, flags);
    const summary = await client.download({
      project: { uuid },
      folder: folder ?? '.',
      ...{ flow, bySet, follow, overwrite, concurrency, signal },
      onEvent: (event) => view.event(event),
    });
    view.finish(summary);
    return summary.failed === 0 ? EXIT.done : EXIT.incomplete;
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop(`Interrupted. ${RESUME}`);
    return EXIT.interrupted;
  } finally {
    unhook();
    client.close();
  }
}
