import type { TestContext } from 'node:test';

const stacks = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** Like `t.after`, but what was opened last is closed first. */
export function afterwards(t: TestContext, close: () => Promise<unknown>): void {
  const stack = stacks.get(t);
  if (stack !== undefined) return void stack.push(close);
  const closes = [close];
  stacks.set(t, closes);
  t.after(async () => {
    for (const close of closes.reverse()) await close();
  });
}
