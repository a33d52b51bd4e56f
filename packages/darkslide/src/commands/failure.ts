import { type Context, say } from '@darkslide/cli';
import { ConfigurationError } from '../settings/configuration.ts';

/**
 * Prints why a command failed. Returns the exit code, for service managers: 2 if only another configuration helps, 1 if
 * trying again may help.
 */
export async function explainFailure(problem: unknown, { stderr }: Context): Promise<number> {
  const message = problem instanceof Error ? problem.message : String(problem);
  for (const line of message.split('\n')) say(stderr, line);
  if (problem instanceof ConfigurationError) return 2;
  // A command that the server refused has loaded this already.
  const { UnusableError } = await import('@darkslide/server');
  return problem instanceof UnusableError && problem.diagnosis.lasting ? 2 : 1;
}
