import { parseArgs } from 'node:util';
import type { Finding } from '@darkslide/server/doctor';
import { readConfiguration } from '../settings/configuration.ts';
import type { Context } from './context.ts';
import { explainFailure } from './failure.ts';

const USAGE = `Usage: darkslide doctor [--fix] [--origin URL] [--json]

Asks the machine, the database and the storage that \`darkslide serve\` is configured for everything that goes wrong in
practice, and says what to do. Works beside a running server and without one. Writes a few bytes to the storage, outside
all projects, and removes them again.

  --fix         create a missing bucket, and add missing rules for CORS and incomplete uploads to those that are there
  --origin URL  the site whose pages upload, as in https://photos.example.com; without it, any site
  --json        one object a line for each check, and last a summary

Exit code: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong use or configuration.`;

type Asked = { fix: boolean; json: boolean; origin: string | undefined };

/** `darkslide doctor`: answers the exit code. */
export async function doctor(args: readonly string[], context: Context): Promise<number> {
  const { env, out, raw, error, terminal } = context;
  const asked = parse(args);
  if (asked === undefined) {
    const wantsHelp = args.includes('--help') || args.includes('-h');
    (wantsHelp ? out : error)(USAGE);
    return wantsHelp ? 0 : 2;
  }
  const { fix, json, origin } = asked;
  const stop = stopAtInterrupt();
  try {
    const configuration = readConfiguration(env);
    const { examine } = await import('../doctor/examine.ts');
    const { Report } = await import('../doctor/report.ts');
    const report = new Report({ out: raw, colours: terminal && !env.NO_COLOR });
    const findings: Finding[] = [];
    for await (const finding of examine(configuration, { fix, origin, signal: stop.signal })) {
      findings.push(finding);
      if (json) raw(JSON.stringify({ type: 'check', ...finding }));
      else report.add(finding);
    }
    const ok = !stop.signal.aborted && findings.every(({ status }) => status !== 'wrong');
    if (json) raw(JSON.stringify({ type: 'summary', ok, checks: counts(findings) }));
    else report.finish(findings);
    return ok ? 0 : 1;
  } catch (problem) {
    return await explainFailure(problem, context);
  } finally {
    stop.forget();
  }
}

function parse(args: readonly string[]): Asked | undefined {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ args: [...args], options: { fix: flag, json: flag, origin: { type: 'string' } } });
    const { fix, json, origin } = values;
    if (origin === undefined) return { fix, json, origin };
    const { protocol, origin: canonical } = new URL(origin);
    return /^https?:$/.test(protocol) ? { fix, json, origin: canonical } : undefined;
  } catch {
    return undefined;
  }
}

function counts(findings: readonly Finding[]): Record<Finding['status'], number> {
  const result = { ok: 0, fixed: 0, warning: 0, wrong: 0, skipped: 0 };
  for (const { status } of findings) result[status] += 1;
  return result;
}

/** The first Ctrl-C ends the checks after the one at work, and what they wrote is removed; the second ends all. */
function stopAtInterrupt(): { signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort);
  return {
    signal: controller.signal,
    forget: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, abort);
    },
  };
}
