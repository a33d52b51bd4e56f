import type { NodeClient } from '@darkslide/client';
import { type Context, type Output, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { ProjectFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { formatBytes, plural } from '../base/units.ts';
import { existing, withClient } from './with-client.ts';

/** Names in a list for people. JSON has all. */
const MAX_NAMES = 20;

export async function status(context: Context, project: string, flags: ProjectFlags): Promise<ExitCode> {
  return await withClient(context, flags, (client) => report(context, client, project, flags));
}

async function report(
  { stdout }: Context,
  client: NodeClient,
  project: string,
  flags: ProjectFlags,
): Promise<ExitCode> {
  const projectUuid = await existing(client, project, flags);
  const api = client.project(projectUuid, flags.flow);
  const pages = await api.files();
  if (!pages) throw new UsageError('This server cannot list files.');
  let [uploaded, bytes] = [0, 0];
  const missing: string[] = [];
  const damaged: string[] = [];
  for await (const page of pages) {
    for (const file of page) {
      if (file.status === 'uploaded') {
        uploaded += 1;
        bytes += file.size ?? 0;
      } else (file.status === 'damaged' ? damaged : missing).push(file.fileName);
    }
  }
  if (flags.json) {
    sayJson(stdout, { project_uuid: projectUuid, arrived: uploaded, bytes, missing, damaged });
  } else {
    say(stdout, `${plural(uploaded, 'file')} uploaded, ${formatBytes(bytes)}.`);
    listNames(stdout, `${plural(missing.length, 'file')} not uploaded yet:`, missing);
    listNames(stdout, `${plural(damaged.length, 'file')} uploaded, but damaged in storage. Upload again:`, damaged);
  }
  return missing.length + damaged.length === 0 ? EXIT.done : EXIT.incomplete;
}

function listNames(stdout: Output, heading: string, names: readonly string[]): void {
  if (names.length === 0) return;
  say(stdout, heading);
  for (const name of names.slice(0, MAX_NAMES)) say(stdout, `  ${name}`);
  if (names.length > MAX_NAMES) say(stdout, `  … and ${names.length - MAX_NAMES} more`);
}
