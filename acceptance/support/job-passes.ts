/** One pass of background work that ended, as a node's log tells it. Moments in milliseconds since 1970. */
export type JobPass = { job: string; node: number; began: number; ended: number };

type Line = { job?: string; msg?: string; time?: number };

/** Reads logs of level debug, one a node. By job, in the order in which they began. */
export function passesOf(logs: readonly string[]): JobPass[] {
  const passes = logs.flatMap((log, node) => {
    const began = new Map<string, number>();
    const found: JobPass[] = [];
    for (const { job, msg, time } of log.split('\n').map(readLine)) {
      if (job === undefined || time === undefined) continue;
      if (msg === 'background work begins') began.set(job, time);
      const start = began.get(job);
      if (msg === 'background work ended' && start !== undefined) found.push({ job, node, began: start, ended: time });
    }
    return found;
  });
  return passes.sort((a, b) => a.job.localeCompare(b.job) || a.began - b.began || a.ended - b.ended);
}

function readLine(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}
