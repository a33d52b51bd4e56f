import type { NodeClient } from '@darkslide/client';
import { type Context, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { ProjectFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { formatBytes, plural } from '../base/units.ts';
import { existing, withClient } from './with-client.ts';

type UploadsFlags = ProjectFlags & { abort?: string | true };

export async function uploads(context: Context, project: string, flags: UploadsFlags): Promise<ExitCode> {
  return await withClient(context, flags, (client) => listOrAbort(context, client, project, flags));
}

async function listOrAbort(
  { stdout }: Context,
  client: NodeClient,
  project: string,
  flags: UploadsFlags,
): Promise<ExitCode> {
  const api = client.project(await existing(client, project, flags), flags.flow);
  const pages = await api.openUploads();
  if (!pages) throw new UsageError('This server cannot list open uploads.');
  const open = (await Array.fromAsync(pages)).flat();
  const chosen = typeof flags.abort === 'string' ? open.filter(({ uploadId }) => uploadId === flags.abort) : open;
  if (typeof flags.abort === 'string' && chosen.length === 0) {
    throw new UsageError(`There is no open upload "${flags.abort}" in this project.`);
  }
  for (const { uploadId, key, fileName, size, partCount, createdAt } of chosen) {
    if (flags.abort) await api.abortUpload(uploadId, { key });
    const record = { upload_id: uploadId, file_name: fileName, size, part_count: partCount, created_at: createdAt };
    const what = `${fileName}  ${size === null ? plural(partCount, 'part') : formatBytes(size)}  ${createdAt}  ${uploadId}`;
    if (flags.json) sayJson(stdout, { ...record, aborted: flags.abort !== undefined });
    else say(stdout, flags.abort ? `aborted  ${what}` : what);
  }
  if (chosen.length === 0 && !flags.json) say(stdout, 'There are no open uploads.');
  return EXIT.done;
}
