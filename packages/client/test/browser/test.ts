/** What the suites need of `node:test`, in a page. */

export type Outcome = { name: string; error: string | undefined };

const tests: { name: string; run: () => Promise<void> }[] = [];
let suite = '';

export function describe(name: string, define: () => void): void {
  suite = name;
  define();
}

export function test(name: string, run: () => Promise<void>): void {
  tests.push({ name: `${suite}: ${name}`, run });
}

const TEST_MS = 60_000;

/** Runs all tests that were defined, one after the other. */
export async function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, run } of tests) {
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('too late')), TEST_MS));
    const error = await Promise.race([run(), late]).then(
      () => undefined,
      (error) => `${error?.message ?? error}\n${error?.stack ?? ''}`,
    );
    outcomes.push({ name, error });
  }
  return outcomes;
}
