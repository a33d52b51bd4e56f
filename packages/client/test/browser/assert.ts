/** What the suites need of `node:assert/strict`, in a page. */

type Expected = Error | (new (...args: never) => Error) | ((error: unknown) => boolean);

function check(is: boolean, message: string): void {
  if (!is) throw new Error(message);
}

const shown = (value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : JSON.stringify(value));

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const isList = (value: unknown) => Array.isArray(value) || value instanceof Uint8Array;
  if (!isList(a) || !isList(b)) return false;
  const [left, right] = [a, b] as [ArrayLike<unknown>, ArrayLike<unknown>];
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (!isSame(left[at], right[at])) return false;
  return true;
}

function fits(error: unknown, expected: Expected | undefined): boolean {
  if (expected === undefined) return true;
  if (typeof expected !== 'function') return error === expected;
  return expected.prototype instanceof Error
    ? error instanceof expected
    : (expected as (error: unknown) => boolean)(error);
}

const assert = {
  ok: (value: unknown, message = 'it is not true') => check(Boolean(value), message),
  equal: (a: unknown, b: unknown) => check(Object.is(a, b), `${shown(a)} is not ${shown(b)}`),
  notEqual: (a: unknown, b: unknown) => check(!Object.is(a, b), `it is ${shown(b)}`),
  deepEqual: (a: unknown, b: unknown) => check(isSame(a, b), `${shown(a)} is not ${shown(b)}`),
  async rejects(work: Promise<unknown> | (() => Promise<unknown>), expected?: Expected) {
    const failure = await (typeof work === 'function' ? work() : work).then(
      () => undefined,
      (error) => ({ error }),
    );
    if (!failure) throw new Error('it does not reject');
    check(fits(failure.error, expected), `it rejects with ${failure.error?.kind ?? ''} ${failure.error}`);
  },
};

// biome-ignore lint/style/noDefaultExport: as the module that it stands for.
export default assert;
