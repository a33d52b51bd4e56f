import { createClient, type NodeClient } from '@darkslide/client';
import { connection, tellImplicitKey } from '../base/connection.ts';
import { type Context, UsageError } from '../base/context.ts';
import { type ProjectFlags, projectChoice } from '../base/options.ts';

/** Runs `work` with a client, and closes the client at the end. */
export async function withClient<T>(
  context: Context,
  flags: ProjectFlags,
  work: (client: NodeClient) => Promise<T>,
): Promise<T> {
  tellImplicitKey(context, flags);
  const client = createClient(connection(context, flags));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/**
 * The uuid of a project.
 * @throws {UsageError} There is no such project.
 */
export async function existing(client: NodeClient, project: string, { flow }: ProjectFlags): Promise<string> {
  const uuid = await client.findProject(projectChoice(project), { flow });
  if (uuid !== undefined) return uuid;
  throw new UsageError(
    `There is no project "${project}" in the ${flow} flow. \`darkslide projects\` lists the projects.`,
  );
}
