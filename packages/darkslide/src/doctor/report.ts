import { type Context, printable } from '@darkslide/cli';
import type { Finding } from '@darkslide/doctor';

const COLOURS: Record<Finding['status'], number> = { ok: 32, fixed: 36, warning: 33, wrong: 31, skipped: 2 };
const STATUS_WIDTH = 'warning'.length;
const CHECK_WIDTH = 'data folder'.length;

/** Prints one line per check, in columns, below the name of its area. Colours are for terminals. */
export class Report {
  readonly #out: (line: string) => void;
  readonly #colours: boolean;
  #area: string | undefined;

  constructor(stdout: Context['stdout'], { colours }: { colours: boolean }) {
    this.#out = (line) => stdout.write(`${line}\n`);
    this.#colours = colours;
  }

  add({ area, check, status, message }: Finding): void {
    if (area !== this.#area) this.#out(area);
    this.#area = area;
    const word = status.padEnd(STATUS_WIDTH);
    const shown = this.#colours ? `\x1b[${COLOURS[status]}m${word}\x1b[0m` : word;
    this.#out(`  ${shown}  ${check.padEnd(CHECK_WIDTH)}  ${printable(message)}`);
  }

  finish(findings: readonly Finding[]): void {
    this.#out('');
    this.#out(summary(findings));
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const [wrong, warnings, fixed] = [count('wrong'), count('warning'), count('fixed')];
  const parts = [
    wrong === 0 ? 'Nothing is wrong' : `${amount(wrong, 'thing')} wrong`,
    ...(warnings > 0 ? [`${amount(warnings, 'warning')}`] : []),
    ...(fixed > 0 ? [`${fixed} fixed`] : []),
  ].join(', ');
  const fixable = findings.filter((finding) => finding.fixable).length;
  const hint = fixable > 0 ? ` \`darkslide doctor --fix\` can fix ${fixable} of them.` : '';
  return `${parts}.${hint}`;
}

function amount(count: number, noun: string): string {
  const verb = noun === 'thing' ? (count === 1 ? ' is' : 's are') : count === 1 ? '' : 's';
  return `${count} ${noun}${verb}`;
}
