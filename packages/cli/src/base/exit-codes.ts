/** How a command ends. */
export const EXIT = {
  /** Everything is as asked. */
  done: 0,
  /** Some files did not arrive, or differ. */
  incomplete: 1,
  /** Wrong use or configuration: nothing was sent. */
  usage: 2,
  /** Ended by Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
