import { readFile } from 'node:fs/promises';

/** The most memory that was ever resident of a running process, by the system's own count (proc_pid_status(5)). */
export async function peakMegabytes({ pid }: { pid: number | undefined }): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}
