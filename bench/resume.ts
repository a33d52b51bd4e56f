import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@darkslide/testkit';
import type { Measurement } from './run.ts';
import { type Command, measureCommand } from './support/measure-command.ts';
import { measureResume, type Sending } from './support/measure-resume.ts';
import { darkslideUpload } from './support/upload-commands.ts';

export const description =
  '4 files of 500 MB to the embedded store; our client is killed at half of them and run again';
export const target = 'bytes sent again at most one part for every transfer that was in flight';

export async function run(): Promise<Measurement> {
  await using state = await temporaryFolder('darkslide-bench-state');
  const upload = ({ server: { apiUrl, apiKey }, set: { folder } }: Sending) =>
    darkslideUpload({ apiUrl, apiKey, folder, project: 'bench', state: state.path });
  return measureResume({
    sendHalf: (sending) => killWhen(sending.isHalf, upload(sending)),
    sendRest: async (sending) => (await measureCommand(upload(sending))).seconds,
  });
}

/** Starts a program and kills it, as a power cut would, once this holds. @throws {Error} when it ends before. */
async function killWhen(holds: () => boolean, { command, args, env }: Command): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const closed = once(child, 'close');
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`The upload ended with ${child.exitCode} before it could be killed.`);
    await sleep(5);
  }
  child.kill('SIGKILL');
  await closed;
}
