import { type Action, runCli, type ServerActions } from '@darkslide/cli';
import manifest from '../package.json' with { type: 'json' };
import { localApiKey } from './runtime/local-api-key.ts';
import { settingsHelp } from './settings/settings-text.ts';

/** An action whose module, with the server's libraries, is loaded only when its command runs. */
function serverAction<Args extends unknown[]>(load: () => Promise<Action<Args>>): Action<Args> {
  return async (context, ...args) => {
    try {
      return await (await load())(context, ...args);
    } catch (problem) {
      const { explainFailure } = await import('./commands/failure.ts');
      return explainFailure(problem, context);
    }
  };
}

const server: ServerActions = {
  serve: serverAction(async () => (await import('./commands/serve.ts')).serve),
  doctor: serverAction(async () => (await import('./commands/doctor.ts')).doctor),
  scrubStore: serverAction(async () => (await import('./commands/scrub-store.ts')).scrubStore),
  rebuildStore: serverAction(async () => (await import('./commands/rebuild-store.ts')).rebuildStore),
  createKey: serverAction(async () => (await import('./commands/keys.ts')).createKey),
  listKeys: serverAction(async () => (await import('./commands/keys.ts')).listKeys),
  revokeKey: serverAction(async () => (await import('./commands/keys.ts')).revokeKey),
  settingsHelp,
};

const { env, stdout, stderr } = process;
const { version } = manifest;

process.exitCode = await runCli(process.argv.slice(2), {
  env,
  stdout,
  stderr,
  version,
  defaults: { key: await localApiKey(env) },
  server,
});
