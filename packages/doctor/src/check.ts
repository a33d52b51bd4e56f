import { type Diagnosis, sentence } from '@darkslide/server/ports';

/** What a check learned. `message` and `remedy` are sentences without their end. */
export type Answer = { status: 'ok'; message: string } | Trouble;

/** `warning`: it works, but not as well as it could. */
export type Trouble = {
  status: 'warning' | 'wrong';
  message: string;
  remedy: string;
  /** Mends it without touching any photo, and answers what it did. */
  mend?: (() => Promise<string>) | undefined;
};

/** One question about something that the server needs. */
export type Check = {
  /** A word or two. */
  name: string;
  /** Where it is wrong, the checks after it in its list mean nothing, and are not made. */
  isFoundation?: boolean;
  /** Changes nothing that is left behind. Every wait in it has a deadline. What it throws is diagnosed. */
  ask(): Promise<Answer>;
};

/** What the doctor says of one check. */
export type Finding = {
  area: string;
  check: string;
  /** `fixed`: it was wrong, was mended, and was asked again. `skipped`: it could not be asked. */
  status: 'ok' | 'warning' | 'wrong' | 'fixed' | 'skipped';
  /** What is so and, where that is not well, what to do. */
  message: string;
  /** Whether `--fix` can mend it. */
  fixable: boolean;
};

export type CheckOptions = {
  /** Mend what can be mended. */
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
  const ask = async (check: Check): Promise<Answer> => {
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
    const answer = await ask(check);
    const finding = fix && isMendable(answer) ? await mend(answer, () => ask(check)) : described(answer);
    if (finding.status === 'wrong' && check.isFoundation) missing = check.name;
    yield { ...about, ...finding };
  }
}

type Described = Omit<Finding, 'area' | 'check'>;
type Mendable = Trouble & { mend: () => Promise<string> };

function isMendable(answer: Answer): answer is Mendable {
  return answer.status !== 'ok' && answer.mend !== undefined;
}

function described(answer: Answer): Described {
  const { status, message } = answer;
  if (status === 'ok') return { status, message: `${message}.`, fixable: false };
  return { status, message: sentence({ problem: message, remedy: answer.remedy }), fixable: isMendable(answer) };
}

/** What counts is what is found after the mending. */
async function mend(trouble: Mendable, askAgain: () => Promise<Answer>): Promise<Described> {
  let done: string;
  try {
    done = await trouble.mend();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...described(trouble),
      message: `${trouble.message}, and mending it failed (${reason}): ${trouble.remedy}.`,
    };
  }
  const after = await askAgain();
  if (after.status === 'ok') return { status: 'fixed', message: `${done}. ${after.message}.`, fixable: false };
  return described({ ...after, mend: undefined });
}
