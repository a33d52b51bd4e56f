import type { Context } from '../base/context.ts';
import { createJsonView } from './json-view.ts';
import { createPlainView } from './plain-view.ts';
import { createQuietView } from './quiet-view.ts';
import type { View } from './view.ts';

export async function createView(
  { stdout, stderr, env }: Context,
  { json, quiet }: { json?: boolean; quiet?: boolean },
): Promise<View> {
  if (json) return createJsonView(stdout);
  if (quiet) return createQuietView(stderr);
  const animated = stdout.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  if (!animated) return createPlainView(stdout);
  // Loaded only for a terminal: other uses need not wait for it.
  const { createLiveView } = await import('./live-view.ts');
  return createLiveView(stdout);
}
