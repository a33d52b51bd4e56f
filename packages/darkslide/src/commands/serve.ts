import { type Context, say } from '@darkslide/cli';
import { type Running, startRuntime } from '../runtime/runtime.ts';
import { ConfigurationError, readConfiguration } from '../settings/configuration.ts';
import { explainFailure } from './failure.ts';

/** `darkslide serve`: runs until it is stopped. Returns the exit code: 0 stopped, 1 failed, 2 wrong configuration. */
export async function serve(context: Context): Promise<number> {
  const { env, version, stdout, stderr } = context;
  const terminal = stdout.isTTY === true;
  try {
    const configuration = readConfiguration(env, { terminal });
    const running = await startRuntime(configuration, version);
    const showKey = terminal || configuration.printApiKey;
    for (const line of welcome({ ...running, showKey }, version)) say(stdout, line);
    const ending = await Promise.race([interrupted(context), running.died]);
    if (ending instanceof Error) {
      say(stderr, `The embedded store stopped by itself: ${ending.message}`);
      return 1;
    }
    say(stdout, 'Stopping: finishing requests in progress. Press Ctrl-C again to stop at once.');
    await Promise.race([running.stop(), interrupted(context)]);
    return 0;
  } catch (problem) {
    const code = await explainFailure(problem, context);
    if (!(problem instanceof ConfigurationError)) {
      say(stderr, '`darkslide doctor` checks everything that the server needs.');
    }
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
  // A journal or a container's log is kept, and other people read it.
  else if (firstApiKey) lines.push(`  API key  in the file ${apiKeyFile}`);
  return lines;
}

/** Resolves at the next SIGINT or SIGTERM. */
function interrupted({ onInterrupt }: Context): Promise<void> {
  return new Promise((resolve) => {
    const unhook = onInterrupt(() => {
      unhook();
      resolve();
    });
  });
}
