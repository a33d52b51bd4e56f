import { readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second, whatever the kernel's own clock (USER_HZ, time(7)). */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a running process so far, user and system, all threads. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const { own } = await ticksOf(pid);
  return own / TICKS_PER_SECOND;
}

/** The same of a process with its children, those that have ended too. */
export async function cpuSecondsOfFamily(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const running = await Promise.all(
    children
      .trim()
      .split(' ')
      .map((child) => ticksOf(Number(child)).catch(() => NONE)),
  );
  const { own, ended } = await ticksOf(pid);
  return running.reduce((sum, child) => sum + child.own, own + ended) / TICKS_PER_SECOND;
}

type Ticks = { own: number; ended: number };
const NONE: Ticks = { own: 0, ended: 0 };

/** Fields 14 to 17 of proc_pid_stat(5): of the process, and of its children that it waited for. */
async function ticksOf(pid: number): Promise<Ticks> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
  return { own: user + system, ended: endedUser + endedSystem };
}
