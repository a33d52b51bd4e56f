import { failed, summarize, type UploadSummary } from '../base/results.ts';
import type { Plan, PlannedFile } from '../plan/plan.ts';
import { failedFile, subjectOf } from '../transfer/failed-file.ts';
import { uploadFile } from '../transfer/upload-file.ts';
import { abortOwnUploads } from './abort-own-uploads.ts';
import { confirm } from './confirm.ts';
import type { OnEvent } from './events.ts';
import { openSession, type Session } from './session.ts';
import type { UploadRequest } from './upload-request.ts';

/** How often files are sent again that the server's list does not confirm. */
const MAX_REPEATS = 2;

const NO_LISTING = "This server cannot list files, so each file was verified only by storage's response.";

const sentAgain = (files: number) =>
  `Storage has damaged the bytes of ${files === 1 ? 'a file' : `${files} files`}: uploading again.`;

/**
 * Uploads every planned file, compares the result with the server's list, sends again what is missing there, and
 * returns the result of each file.
 * @throws what makes the whole run pointless before it begins, or the signal's reason.
 */
export async function runUpload(request: UploadRequest): Promise<UploadSummary> {
  const { api, ports, signal, onEvent } = request;
  signal?.throwIfAborted();
  const began = ports.clock.now();
  const session = await openSession(request);
  const { plan, ledger, progress, uploader } = session;
  try {
    announce(request, session);
    progress.expect(plan.files.length, plan.bytes);
    for (const result of plan.settled) {
      progress.expect(1, result.size);
      progress.settle(result);
    }
    await sendAll(session, plan.files, { again: false });
    const confirmedBy = await confirmAll(session, onEvent);
    if (session.usedParts) await abortOwnUploads(uploader.destination, ledger, uploader.signal);
    signal?.throwIfAborted();

    return summarize([...ledger.results(), ...plan.settled], {
      projectUuid: api.projectUuid,
      bytes: progress.sent,
      seconds: (ports.clock.now() - began) / 1000,
      confirmedBy,
      notices: session.notices(),
      leftOut: plan.leftOut,
    });
  } finally {
    await session.end();
  }
}

function announce({ api, plan: { files, bytes }, onEvent }: UploadRequest, { plan, uploader }: Session): void {
  const { remote } = uploader.destination;
  const resumed = remote.files.size > 0 || remote.uploads.size > 0;
  onEvent({ type: 'planned', projectUuid: api.projectUuid, files: files.length, bytes, resumed });
  const damaged = plan.files.filter(({ name }) => remote.files.get(name)?.status === 'damaged').length;
  if (damaged > 0) uploader.notice(sentAgain(damaged));
}

/** The summary of an upload whose files all have a result already: no request is made. */
export function nothingToSend(plan: Plan, projectUuid: string | null, onEvent: OnEvent): UploadSummary {
  onEvent({ type: 'planned', projectUuid, files: 0, bytes: 0, resumed: false });
  for (const result of plan.settled) onEvent({ type: 'file-finished', result });
  const { settled, leftOut } = plan;
  return summarize(settled, { projectUuid, bytes: 0, seconds: 0, confirmedBy: 'listing', notices: [], leftOut });
}

/** Where an error makes continuing pointless, the files without a result fail with that error. */
async function sendAll(session: Session, files: readonly PlannedFile[], { again }: { again: boolean }): Promise<void> {
  const { uploader, ledger, pipeline } = session;
  const { signal } = uploader;
  const work = async (file: PlannedFile) => {
    ledger.begin(file);
    try {
      ledger.record(file, await uploadFile(uploader, file, { again }));
    } catch (error) {
      if (!signal.aborted) session.stop(error);
      throw error;
    }
  };
  try {
    await pipeline.run(files, work, { signal });
  } catch {
    session.throwIfAborted();
    for (const file of files) {
      if (!ledger.has(file)) ledger.record(file, { result: failedFile(file, signal.reason) });
    }
  }
}

async function confirmAll(session: Session, onEvent: OnEvent): Promise<UploadSummary['confirmedBy']> {
  const { uploader, ledger } = session;
  onEvent({ type: 'confirming' });
  for (let repeat = 0; ; repeat += 1) {
    try {
      uploader.signal.throwIfAborted();
      const confirmation = await confirm(uploader.destination.api, ledger, uploader.signal);
      if (confirmation.confirmedBy === 'acknowledgement') {
        uploader.notice(NO_LISTING);
        return 'acknowledgement';
      }
      const { wrong } = confirmation;
      for (const file of wrong) ledger.revoke(file);
      if (wrong.length === 0) return 'listing';
      if (repeat === MAX_REPEATS) {
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

const lost = (file: PlannedFile) =>
  failed(
    subjectOf(file),
    'mismatch',
    'Uploaded several times, but the server still lists other content under this name.',
  );

const unconfirmed = (file: PlannedFile, error: unknown) =>
  failed(
    subjectOf(file),
    'unconfirmed',
    `Uploaded, but the final check failed (${error instanceof Error ? error.message : error}). Run the same command to check.`,
  );
