import { findFiles } from '@darkslide/client';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { say, sayJson } from '../base/output.ts';
import { shootLines } from '../views/shoot-lines.ts';
import { readShoot } from './read-shoot.ts';

type InspectFlags = { json?: boolean; all?: boolean };

export async function inspect(
  { stdout, stderr }: Context,
  paths: string[],
  { json, all }: InspectFlags,
): Promise<ExitCode> {
  const { files, unreadable } = await findFiles({ paths, all });
  const { shoot, failed } = await readShoot(files);
  if (json) sayJson(stdout, shoot);
  else for (const line of shootLines(shoot)) say(stdout, line);
  const wrong = [...unreadable, ...failed];
  for (const { path, message } of wrong) say(stderr, `${path}: ${message}`);
  return wrong.length === 0 ? EXIT.done : EXIT.incomplete;
}
