import type { Context } from './context.ts';

/** What a command does. Returns the exit code. */
export type Action<Args extends unknown[] = []> = (context: Context, ...args: Args) => Promise<number>;

/**
 * Makes a handler for commander of an action that is loaded only when its command runs, so that no command waits for
 * the modules of another one.
 */
export type Run = <Args extends unknown[]>(load: () => Promise<Action<Args>>) => (...args: Args) => Promise<void>;
