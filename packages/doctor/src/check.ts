import { type Diagnosis, sentence } from '@darkslide/server/ports';

/** What a check learned. `message` and `remedy` are sentences without their end. */
export type Outcome = { status: 'ok'; message: string } | Trouble;

/** `warning`: it works, but not as well as it could. */
type Trouble = {
  status: 'warning' | 'wrong';
  message: string;
  remedy: string;
  /** Fixes it without touching any photo, and returns what it did. */
  fix?: (() => Promise<string>) | undefined;
};

/** One question about something that the server needs. */
export type Check = {
  /** A word or two. */
  name: string;
  /** Where it is wrong, the checks after it in its list mean nothing, and are not made. */
  isFoundation?: boolean;
  /** Changes nothing that is left behind. Every wait in it has a deadline. What it throws is diagnosed. */
  ask(): Promise<Outcome>;
};

/** What the doctor says of one check. */
export type Finding = {
  area: string;
  check: string;
  /** `fixed`: it was wrong, was fixed, and was checked again. `skipped`: it could not be checked. */
  status: 'ok' | 'warning' | 'wrong' | 'fixed' | 'skipped';
  /** What is so and, where that is not well, what to do. */
  message: string;
  /** Whether `--fix` can fix it. */
  fixable: boolean;
};

export type CheckOptions = {
  /** Fix what can be fixed. */
  fix: boolean;
  /** No further check is begun once it has aborted. */
  signal: AbortSignal;
};

/** Makes the checks of one area, one after the other. */
export async function* makeChecks(
  { area, checks, diagnose }: { area: string; checks: readonly Check[]; diagnose: (error: unknown) => Diagnosis },
  { fix, signal }: CheckOptions,
): AsyncGenerator<Finding> {
  let missing: string | undefined;
  const ask = async (check: Check): Promise<Outcome> => {
    try {
      return await check.ask();
    } catch (error) {
      const { problem, remedy } = diagnose(error);
      return { status: 'wrong', message: problem, remedy };
    }
  };
  for (const check of checks) {
    if (signal.aborted) return;
    const about = { area, check: check.name };
    if (missing !== undefined) {
      yield { ...about, status: 'skipped', message: `Not asked without ${missing}.`, fixable: false };
      continue;
    }
    const outcome = await ask(check);
    const finding = fix && isFixable(outcome) ? await applyFix(outcome, () => ask(check)) : described(outcome);
    if (finding.status === 'wrong' && check.isFoundation) missing = check.name;
    yield { ...about, ...finding };
  }
}

type Described = Omit<Finding, 'area' | 'check'>;
type Fixable = Trouble & { fix: () => Promise<string> };

function isFixable(outcome: Outcome): outcome is Fixable {
  return outcome.status !== 'ok' && outcome.fix !== undefined;
}

function described(outcome: Outcome): Described {
  const { status, message } = outcome;
  if (status === 'ok') return { status, message: `${message}.`, fixable: false };
  return { status, message: sentence({ problem: message, remedy: outcome.remedy }), fixable: isFixable(outcome) };
}

/** The finding is what the check says after the fix. */
async function applyFix(trouble: Fixable, askAgain: () => Promise<Outcome>): Promise<Described> {
  let done: string;
  try {
    done = await trouble.fix();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...described(trouble),
      message: `${trouble.message}, and fixing it failed (${reason}): ${trouble.remedy}.`,
    };
  }
  const after = await askAgain();
  if (after.status === 'ok') return { status: 'fixed', message: `${done}. ${after.message}.`, fixable: false };
  return described({ ...after, fix: undefined });
}
