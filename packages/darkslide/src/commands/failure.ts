import { ConfigurationError } from '../settings/configuration.ts';
import type { Context } from './context.ts';

/**
 * Says why a command could not do its work, and answers the exit code: 2 where only another configuration helps, and 1
 * where trying again may, so that service managers know.
 */
export async function explainFailure(problem: unknown, { error }: Context): Promise<number> {
  error(problem instanceof Error ? problem.message : String(problem));
  if (problem instanceof ConfigurationError) return 2;
  // Loaded only here: whoever could be refused by a part of the server has loaded it already.
  const { UnusableError } = await import('@darkslide/server');
  return problem instanceof UnusableError && problem.diagnosis.lasting ? 2 : 1;
}
