import type { NodeClient, Verdict } from '@darkslide/client';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import type { VerifyFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { plural } from '../base/units.ts';
import { snakeKeys } from '../views/json-view.ts';
import { leftOutLines } from '../views/lines.ts';
import { reportReadBack } from '../views/read-back-progress.ts';
import { existing, withClient } from './with-client.ts';

type Shoot = { project: string; paths: string[]; flags: VerifyFlags };

export async function verify(
  context: Context,
  project: string,
  paths: string[],
  flags: VerifyFlags,
): Promise<ExitCode> {
  return await withClient(context, flags, (client) => compare(context, client, { project, paths, flags }));
}

async function compare({ stdout, stderr }: Context, client: NodeClient, shoot: Shoot): Promise<ExitCode> {
  const { project, paths, flags } = shoot;
  const { all, include, exclude, followLinks, duplicates, flow, readBack } = flags;
  const plan = await client.plan({ paths, all, include, exclude, followLinks, duplicates });
  const projectUuid = await existing(client, project, flags);
  const { onProgress, end } = reportReadBack(stderr);
  const { verdicts, extra } = await client.verifyPlan(plan, { projectUuid, flow, readBack, onProgress }).finally(end);
  const wrong = verdicts.filter(({ verdict }) => verdict !== 'same' && verdict !== 'unknown');
  if (flags.json) {
    for (const verdict of verdicts) sayJson(stdout, { type: 'file', ...verdict });
    for (const name of extra) sayJson(stdout, { type: 'extra', name });
    const counts = { compared: verdicts.length, wrong: wrong.length, extra: extra.length };
    sayJson(stdout, { type: 'summary', ...counts, leftOut: plan.leftOut }, snakeKeys);
  } else {
    for (const text of verdicts.flatMap(verdictLine)) say(stdout, text);
    for (const name of extra) say(stdout, `${name}: stored, but not among these files`);
    for (const text of leftOutLines(plan.leftOut)) say(stdout, text);
    const same = verdicts.filter(({ verdict }) => verdict === 'same').length;
    const count = `${same.toLocaleString('en')} of ${plural(verdicts.length, 'file')}`;
    say(stdout, `${count} are stored as they are here${readBack ? ', every byte read back' : ''}.`);
  }
  return wrong.length === 0 && extra.length === 0 ? EXIT.done : EXIT.incomplete;
}

const WORDS = {
  different: 'different from the stored file',
  missing: 'not stored',
  damaged: 'damaged in storage; upload it again',
  unknown: "same size, but this storage's ETags do not identify the content",
} as const;

function verdictLine(entry: Verdict): string[] {
  switch (entry.verdict) {
    case 'same':
      return [];
    case 'unreadable':
    case 'unread':
      return [`${entry.path}: ${entry.message}`];
    default:
      return [`${entry.path}: ${WORDS[entry.verdict]}`];
  }
}
