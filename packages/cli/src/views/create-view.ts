import type { Context } from '../context.ts';
import { createJsonView } from './json-view.ts';
import { createLiveView } from './live-view.ts';
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
  return animated ? createLiveView(stdout) : createPlainView(stdout);
}
