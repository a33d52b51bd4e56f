import type { NodeClient, Plan, Verdict } from '@darkslide/client';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { projectChoice, type UploadFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { formatBytes, plural } from '../base/units.ts';
import { snakeKeys } from '../views/json-view.ts';
import { leftOutLines } from '../views/lines.ts';

/** What an upload would do with a file. */
type Fate =
  | { type: 'would-send' | 'would-skip'; name: string; path: string; size: number }
  | { type: 'would-fail'; name: string; path: string; size: number; reason: string; message: string };

type Preview = { plan: Plan; flags: UploadFlags; signal: AbortSignal };

/** Says what an upload would do, and does nothing. What the project holds by these names is compared as by `verify`. */
export async function dryRun({ stdout }: Context, client: NodeClient, preview: Preview): Promise<ExitCode> {
  const { plan, flags } = preview;
  const fates = await fatesOf(client, preview);
  const of = (type: Fate['type']) => fates.filter((fate) => fate.type === type);
  const [send, skip, fail] = [of('would-send'), of('would-skip'), of('would-fail')];
  const bytes = send.reduce((sum, { size }) => sum + size, 0);
  const line = (text: string) => say(stdout, text);
  if (flags.json) {
    for (const fate of fates) sayJson(stdout, fate);
    const counts = { files: send.length, bytes, skipped: skip.length, failed: fail.length };
    sayJson(stdout, { type: 'plan', ...counts, leftOut: plan.leftOut }, snakeKeys);
  } else {
    for (const fate of fates) line(fateLine(fate));
    const total = send.length === 0 ? 'nothing' : `${plural(send.length, 'file')}, ${formatBytes(bytes)}`;
    const there = skip.length > 0 ? `; ${plural(skip.length, 'file')} there already` : '';
    const bad = fail.length > 0 ? `; ${plural(fail.length, 'file')} can't be sent` : '';
    leftOutLines(plan.leftOut).forEach(line);
    line(`Would send ${total}${there}${bad}.`);
  }
  return fail.length === 0 ? EXIT.done : EXIT.incomplete;
}

async function fatesOf(client: NodeClient, { plan, flags, signal }: Preview): Promise<Fate[]> {
  const { flow, overwrite } = flags;
  const projectUuid = await client.findProject(projectChoice(flags.project), { flow, signal });
  const held = projectUuid && (await client.project(projectUuid, flow).files({ signal }));
  // Nothing is there where there is no project; and a server that can't list is sent everything.
  const verdicts = held ? (await client.verifyPlan(plan, { projectUuid, flow, overwrite, signal })).verdicts : [];
  const byPath = new Map(verdicts.map((verdict) => [verdict.path, verdict]));
  const fates = plan.files.map(({ name, source: { path, size } }) => {
    const verdict = byPath.get(path);
    return fateOf({ name: verdict?.name ?? name, path, size }, verdict, flags);
  });
  for (const result of plan.settled) {
    const { name, path, size } = result;
    if (result.status !== 'failed') fates.push({ type: 'would-skip', name, path, size });
    else fates.push({ type: 'would-fail', name, path, size, reason: result.reason, message: result.message });
  }
  return fates;
}

type Subject = { name: string; path: string; size: number };

function fateOf(subject: Subject, verdict: Verdict | undefined, { overwrite }: UploadFlags): Fate {
  switch (verdict?.verdict) {
    case 'same':
    case 'unknown':
      return { type: 'would-skip', ...subject };
    case 'unreadable':
      return { type: 'would-fail', ...subject, reason: 'unreadable', message: verdict.message };
    case 'different': {
      if (overwrite) return { type: 'would-send', ...subject };
      const message = 'The project holds another file by this name. --overwrite would replace it.';
      return { type: 'would-fail', ...subject, reason: 'conflict', message };
    }
    default:
      return { type: 'would-send', ...subject };
  }
}

function fateLine(fate: Fate): string {
  switch (fate.type) {
    case 'would-send':
      return `send  ${fate.name}  ${formatBytes(fate.size)}  ${fate.path}`;
    case 'would-skip':
      return `skip  ${fate.name}  there already  ${fate.path}`;
    case 'would-fail':
      return `can't be sent  ${fate.path}: ${fate.message}`;
  }
}
