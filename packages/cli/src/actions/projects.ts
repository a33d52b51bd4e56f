import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { ProjectFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';
import { withClient } from './with-client.ts';

export async function projects(context: Context, flags: ProjectFlags): Promise<ExitCode> {
  const { stdout } = context;
  await withClient(context, flags, async (client) => {
    for await (const { projectUuid, name, status, createdAt, numberOfImages } of client.projects(flags.flow).list()) {
      const record = { project_uuid: projectUuid, name, status, created_at: createdAt, files: numberOfImages };
      if (flags.json) sayJson(stdout, record);
      else say(stdout, `${createdAt.slice(0, 10)}  ${projectUuid}  ${plural(numberOfImages, 'file')}  ${name}`);
    }
  });
  return EXIT.done;
}
