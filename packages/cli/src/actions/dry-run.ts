import type { NodeClient, Plan, Verdict } from '@darkslide/client';
import type { Shoot } from '@darkslide/photo';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { projectChoice, type UploadFlags } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { formatBytes, plural } from '../base/units.ts';
import { snakeKeys } from '../views/json-view.ts';
import { leftOutLines } from '../views/lines.ts';
import { briefShootLines, shootRecord } from '../views/shoot-lines.ts';

/** What an upload would do with a file. */
type Outcome =
  | { type: 'would-send' | 'would-skip'; name: string; path: string; size: number }
  | { type: 'would-fail'; name: string; path: string; size: number; reason: string; message: string };

type Preview = { plan: Plan; flags: UploadFlags; signal: AbortSignal; shoot: Shoot | undefined };

/** Prints what an upload would do, without doing it. The files of the project are compared as `verify` does it. */
export async function dryRun({ stdout }: Context, client: NodeClient, preview: Preview): Promise<ExitCode> {
  const { plan, flags, shoot } = preview;
  const outcomes = await outcomesOf(client, preview);
  const of = (type: Outcome['type']) => outcomes.filter((outcome) => outcome.type === type);
  const [send, skip, fail] = [of('would-send'), of('would-skip'), of('would-fail')];
  const bytes = send.reduce((sum, { size }) => sum + size, 0);
  const line = (text: string) => say(stdout, text);
  if (flags.json) {
    for (const outcome of outcomes) sayJson(stdout, outcome);
    const counts = { files: send.length, bytes, skipped: skip.length, failed: fail.length };
    sayJson(stdout, { type: 'plan', ...counts, leftOut: plan.leftOut, shoot: shoot && shootRecord(shoot) }, snakeKeys);
  } else {
    for (const outcome of outcomes) line(outcomeLine(outcome));
    const total = send.length === 0 ? 'nothing' : `${plural(send.length, 'file')}, ${formatBytes(bytes)}`;
    const there = skip.length > 0 ? `; ${plural(skip.length, 'file')} already uploaded` : '';
    const bad = fail.length > 0 ? `; ${plural(fail.length, 'file')} cannot be sent` : '';
    if (shoot) briefShootLines(shoot).forEach(line);
    leftOutLines(plan.leftOut).forEach(line);
    line(`Would send ${total}${there}${bad}.`);
  }
  return fail.length === 0 ? EXIT.done : EXIT.incomplete;
}

async function outcomesOf(client: NodeClient, { plan, flags, signal }: Preview): Promise<Outcome[]> {
  const { flow, overwrite } = flags;
  const projectUuid = await client.findProject(projectChoice(flags.project), { flow, signal });
  const held = projectUuid && (await client.project(projectUuid, flow).files({ signal }));
  // Without a project there is nothing to compare. A server that cannot list files is sent everything.
  const verdicts = held ? (await client.verifyPlan(plan, { projectUuid, flow, overwrite, signal })).verdicts : [];
  const byPath = new Map(verdicts.map((verdict) => [verdict.path, verdict]));
  const outcomes = plan.files.map(({ name, source: { path, size } }) => {
    const verdict = byPath.get(path);
    return outcomeOf({ name: verdict?.name ?? name, path, size }, verdict, flags);
  });
  for (const result of plan.settled) {
    const { name, path, size } = result;
    if (result.status !== 'failed') outcomes.push({ type: 'would-skip', name, path, size });
    else outcomes.push({ type: 'would-fail', name, path, size, reason: result.reason, message: result.message });
  }
  return outcomes;
}

type LocalFile = { name: string; path: string; size: number };

function outcomeOf(file: LocalFile, verdict: Verdict | undefined, { overwrite }: UploadFlags): Outcome {
  switch (verdict?.verdict) {
    case 'same':
    case 'unknown':
      return { type: 'would-skip', ...file };
    case 'unreadable':
      return { type: 'would-fail', ...file, reason: 'unreadable', message: verdict.message };
    case 'different': {
      if (overwrite) return { type: 'would-send', ...file };
      const message = 'The project contains another file with this name. --overwrite would replace it.';
      return { type: 'would-fail', ...file, reason: 'conflict', message };
    }
    default:
      return { type: 'would-send', ...file };
  }
}

function outcomeLine(outcome: Outcome): string {
  switch (outcome.type) {
    case 'would-send':
      return `send  ${outcome.name}  ${formatBytes(outcome.size)}  ${outcome.path}`;
    case 'would-skip':
      return `skip  ${outcome.name}  already uploaded  ${outcome.path}`;
    case 'would-fail':
      return `cannot be sent  ${outcome.path}: ${outcome.message}`;
  }
}
