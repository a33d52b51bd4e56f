import type { ProjectApi } from '../api/project-api.ts';
import { lookAround, NO_HOLDINGS } from '../api/remote-state.ts';
import type { Ports } from '../base/ports.ts';
import { summarize, type UploadSummary } from '../base/results.ts';
import type { Retrier } from '../base/retry.ts';
import { failed, type Plan, type PlannedFile } from '../plan/plan.ts';
import type { UploadControl } from '../schedule/control.ts';
import { failedFile, uploadFile } from '../transfer/upload-file.ts';
import { sweep } from './abort-own-uploads.ts';
import { confirm } from './confirm.ts';
import type { OnEvent } from './events.ts';
import type { EngineSettings } from './run.ts';
import { openSession, type Session } from './session.ts';

export type UploadRequest = {
  api: ProjectApi;
  ports: Ports;
  settings: EngineSettings;
  /** The one that the API's calls use too: it knows whether anything gets through at all. */
  retrier: Retrier;
  plan: Plan;
  /** Where the journal of this project is kept. */
  scope: string;
  /** The project was just made: storage need not be asked what it holds. */
  isNew: boolean;
  control?: UploadControl | undefined;
  signal?: AbortSignal | undefined;
  onEvent: OnEvent;
};

/** How often files that the list does not confirm are sent again. */
const SECOND_ROUNDS = 2;

const NO_LISTING = "This server can't list what it holds: each file was checked only by what storage answered to it.";

const sentAgain = (files: number) =>
  `Storage can't give back ${files === 1 ? 'a file' : `${files} files`} that it took before, as its bytes are damaged: sent again.`;

/**
 * Brings every planned file to storage, checks against the server's list that it is there, sends again what is not,
 * and says what became of each. Rejects only with what makes the whole run pointless before it begins, or with the
 * signal's reason.
 */
export async function runUpload(request: UploadRequest): Promise<UploadSummary> {
  const { api, ports, signal, onEvent } = request;
  signal?.throwIfAborted();
  const began = ports.clock.now();
  const holdings = request.isNew ? NO_HOLDINGS : await lookAround(api, signal);
  const session = await openSession(request, holdings);
  const { plan, run, ledger } = session;
  try {
    const resumed = holdings.files.size > 0 || holdings.uploads.size > 0;
    const { files, bytes } = request.plan;
    onEvent({ type: 'planned', projectUuid: api.projectUuid, files: files.length, bytes, resumed });
    const again = plan.files.filter(({ name }) => holdings.damaged.has(name)).length;
    if (again > 0) run.notice(sentAgain(again));
    run.progress.expect(plan.files.length, plan.bytes);
    for (const result of plan.settled) {
      run.progress.expect(1, result.size);
      run.progress.settle(result);
    }
    await sendAll(session, plan.files, { again: false });
    const confirmedBy = await confirmAll(session, onEvent);
    await sweep(session);
    signal?.throwIfAborted();

    return summarize([...ledger.results(), ...plan.settled], {
      projectUuid: api.projectUuid,
      bytes: run.progress.sent,
      seconds: (ports.clock.now() - began) / 1000,
      confirmedBy,
      notices: session.notices(),
      leftOut: plan.leftOut,
    });
  } finally {
    await session.end();
  }
}

/** An upload of which every file was settled before: nobody is asked for anything. */
export function nothingToSend(plan: Plan, projectUuid: string | null, onEvent: OnEvent): UploadSummary {
  onEvent({ type: 'planned', projectUuid, files: 0, bytes: 0, resumed: false });
  for (const result of plan.settled) onEvent({ type: 'file-finished', result });
  const { settled, leftOut } = plan;
  return summarize(settled, { projectUuid, bytes: 0, seconds: 0, confirmedBy: 'listing', notices: [], leftOut });
}

/** Where an error makes going on pointless, the files that were not settled by then fail with it. */
async function sendAll(session: Session, files: readonly PlannedFile[], { again }: { again: boolean }): Promise<void> {
  const { run, ledger, pipeline } = session;
  const work = async (file: PlannedFile) => {
    ledger.begin(file);
    try {
      ledger.record(file, await uploadFile(run, file, { again }));
    } catch (error) {
      if (!run.signal.aborted) session.stop(error);
      throw error;
    }
  };
  try {
    await pipeline.run(files, work, { signal: run.signal });
  } catch {
    session.throwIfAborted();
    for (const file of files) {
      if (!ledger.has(file)) ledger.record(file, { result: failedFile(file, run.signal.reason) });
    }
  }
}

async function confirmAll(session: Session, onEvent: OnEvent): Promise<UploadSummary['confirmedBy']> {
  const { run, ledger } = session;
  onEvent({ type: 'confirming' });
  for (let round = 0; ; round += 1) {
    try {
      run.signal.throwIfAborted();
      const confirmation = await confirm(run, ledger);
      if (confirmation.confirmedBy === 'acknowledgement') {
        run.notice(NO_LISTING);
        return 'acknowledgement';
      }
      const { wrong } = confirmation;
      for (const file of wrong) ledger.revoke(file);
      if (wrong.length === 0) return 'listing';
      if (round === SECOND_ROUNDS) {
        for (const file of wrong) ledger.record(file, { result: lost(file) });
        return 'listing';
      }
      await sendAll(session, wrong, { again: true });
    } catch (error) {
      session.throwIfAborted();
      for (const [file] of ledger.uploaded()) {
        ledger.revoke(file);
        ledger.record(file, { result: unconfirmed(file, error) });
      }
      return 'acknowledgement';
    }
  }
}

const subject = ({ name, source: { path, size } }: PlannedFile) => ({ name, path, size });

const lost = (file: PlannedFile) =>
  failed(subject(file), 'mismatch', 'Storage took it, but the server lists something else by its name, several times.');

const unconfirmed = (file: PlannedFile, error: unknown) =>
  failed(
    subject(file),
    'unconfirmed',
    `Storage took it, but the server could not be asked at the end whether it is there (${error instanceof Error ? error.message : error}). Run the same command to check.`,
  );
