import type { Running } from '../runtime/runtime.ts';
import { ConfigurationError, readConfiguration } from '../settings/configuration.ts';
import type { Context } from './context.ts';
import { explainFailure } from './failure.ts';

const USAGE = `Usage: darkslide serve

Starts the API and, unless an S3 is configured, the embedded store. Configured by environment variables:
  DARKSLIDE_PORT          where the API listens (8080)
  DARKSLIDE_STORE_PORT    where the embedded store listens (9000)
  DARKSLIDE_DATA_DIR      the folder of the embedded database and store (.darkslide)
  DARKSLIDE_S3_BUCKET     the bucket of another S3, with DARKSLIDE_S3_ENDPOINT where it is not Amazon's
  DATABASE_URL            PostgreSQL instead of the embedded database
The README lists them all.`;

/**
 * `darkslide serve`: runs until it is told to stop. Answers the exit code: 0 stopped, 1 failed, 2 wrong use or
 * configuration.
 */
export async function serve(args: readonly string[], context: Context): Promise<number> {
  const { env, version, out, error, terminal } = context;
  if (args.length > 0) {
    const wantsHelp = args.includes('--help') || args.includes('-h');
    (wantsHelp ? out : error)(USAGE);
    return wantsHelp ? 0 : 2;
  }
  try {
    const configuration = readConfiguration(env, { terminal });
    // Loaded only here, so that the other commands start without the server's libraries.
    const { startParts } = await import('../runtime/runtime.ts');
    const running = await startParts(configuration, version);
    const showKey = terminal || configuration.printApiKey;
    for (const line of welcome({ ...running, showKey }, version)) out(line);
    const ending = await Promise.race([signalled(), running.died]);
    if (ending instanceof Error) {
      error(`The embedded store stopped by itself: ${ending.message}`);
      return 1;
    }
    out('Stopping: waiting for what is under way. Press Ctrl-C again to stop at once.');
    await Promise.race([running.stop(), signalled()]);
    return 0;
  } catch (problem) {
    const code = await explainFailure(problem, context);
    if (!(problem instanceof ConfigurationError)) error('`darkslide doctor` checks everything that the server needs.');
    return code;
  }
}

type Welcome = Pick<Running, 'apiUrl' | 'storeUrl' | 'metricsUrl' | 'firstApiKey' | 'apiKeyFile'> & {
  showKey: boolean;
};

function welcome(running: Welcome, version: string): string[] {
  const { apiUrl, storeUrl, metricsUrl, firstApiKey, apiKeyFile, showKey } = running;
  const lines = [
    `darkslide ${version}`,
    `  API      ${apiUrl}`,
    `  Storage  ${storeUrl ?? 'Amazon S3'}`,
    `  Docs     ${apiUrl}/docs`,
  ];
  if (metricsUrl) lines.push(`  Metrics  ${metricsUrl}`);
  if (firstApiKey && showKey) lines.push(`  API key  ${firstApiKey}`, '           Keep it: it is not shown again.');
  // A journal or a container's log is kept, and read by others.
  else if (firstApiKey) lines.push(`  API key  in the file ${apiKeyFile}`);
  return lines;
}

/** Settles at the first SIGINT or SIGTERM from now on. */
function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}
