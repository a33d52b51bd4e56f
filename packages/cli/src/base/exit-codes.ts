/** How a command ends. */
export const EXIT = {
  /** Everything was done. */
  done: 0,
  /** Some files were not uploaded, or differ. */
  incomplete: 1,
  /** Wrong use or configuration: nothing was sent. */
  usage: 2,
  /** Ended by Ctrl-C, with the code that shells use for it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
