/** What is wrong with something that the server needs, and how to fix it. For the operator; holds no secret. */
export type Diagnosis = {
  /** A sentence without its end: `The bucket "photos" does not exist`. */
  problem: string;
  /** What to do, to stand after a colon: `create it`. */
  remedy: string;
  /** Whether it stays so until the configuration is changed; otherwise a later start may succeed. */
  lasting: boolean;
};

/** The diagnosis in one sentence. */
export function sentence({ problem, remedy }: Pick<Diagnosis, 'problem' | 'remedy'>): string {
  return `${problem}: ${remedy}.`;
}

/** Something that the server can't do without is not to be used. The message is the diagnosis in one sentence. */
export class UnusableError extends Error {
  override readonly name = 'UnusableError';
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis, options?: ErrorOptions) {
    super(sentence(diagnosis), options);
    this.diagnosis = diagnosis;
  }
}
