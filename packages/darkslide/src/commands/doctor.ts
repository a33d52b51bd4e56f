import { type Context, type DoctorFlags, sayJson } from '@darkslide/cli';
import type { Finding } from '@darkslide/doctor';
import { examine } from '../doctor/examine.ts';
import { Report } from '../doctor/report.ts';
import { readConfiguration } from '../settings/configuration.ts';

/** `darkslide doctor`. Returns the exit code. */
export async function doctor(context: Context, { fix = false, origin, json }: DoctorFlags): Promise<number> {
  const { env, stdout, onInterrupt } = context;
  const configuration = readConfiguration(env);
  // The first Ctrl-C ends the checks after the one in progress, which removes what it wrote. The second ends the process.
  const stop = new AbortController();
  const unhook = onInterrupt(() => {
    unhook();
    stop.abort();
  });
  try {
    const report = new Report(stdout, { colours: stdout.isTTY === true && !env.NO_COLOR });
    const findings: Finding[] = [];
    for await (const finding of examine(configuration, { fix, origin, signal: stop.signal })) {
      findings.push(finding);
      if (json) sayJson(stdout, { type: 'check', ...finding });
      else report.add(finding);
    }
    const ok = !stop.signal.aborted && findings.every(({ status }) => status !== 'wrong');
    if (json) sayJson(stdout, { type: 'summary', ok, checks: counts(findings) });
    else report.finish(findings);
    return ok ? 0 : 1;
  } finally {
    unhook();
  }
}

function counts(findings: readonly Finding[]): Record<Finding['status'], number> {
  const result = { ok: 0, fixed: 0, warning: 0, wrong: 0, skipped: 0 };
  for (const { status } of findings) result[status] += 1;
  return result;
}
