import { type ErrorCode, MAX_PART_SIZE } from '@darkslide/contract';
import { RefusedError, SourceError, TransportError, UnavailableError } from '../base/errors.ts';
import { identityOf } from '../base/file-identity.ts';
import type { FailedFile, FailureReason, FileResult, SkippedFile } from '../base/results.ts';
import { failed, type PlannedFile } from '../plan/plan.ts';
import type { Acknowledged, Run } from '../run/run.ts';
import { compareWithStored } from './compare.ts';
import { bareEtag } from './etags.ts';
import { MismatchError, StorageRefusal, sendRange } from './send-range.ts';
import { ExistsError, saysExists, settleExisting } from './settle-existing.ts';
import { UploadGoneError, uploadInParts } from './upload-in-parts.ts';

/** What became of a file, and what is needed to check it against the list at the end. */
export type FileOutcome = { result: FileResult; acknowledged?: Acknowledged };

const SIZES_ONLY =
  "This storage's ETags are not MD5s: what arrived is compared with what was sent by size, not by content.";

/**
 * Brings one file to storage, or finds out why that can't be done. Never throws for the file's own sake, so that one
 * bad file does not stop the others.
 * @param again send it whatever storage says that it holds.
 * @throws what concerns the whole run: the run's signal's reason, or a refusal of everything.
 */
export async function uploadFile(run: Run, file: PlannedFile, { again }: { again: boolean }): Promise<FileOutcome> {
  try {
    const known = again ? undefined : await settleByStored(run, file);
    if (known) return { result: known };
    const acknowledged = await send(run, file, { resume: !again }).catch((error) => {
      if (!saysExists(error)) throw error;
      return settleExisting(run, file);
    });
    if (acknowledged.proof === 'size') run.notice(SIZES_ONLY);
    return { result: uploaded(run, file, acknowledged), acknowledged };
  } catch (error) {
    run.signal.throwIfAborted();
    if (concernsAll(run, error)) throw error;
    return { result: failedFile(file, error) };
  }
}

function uploaded(run: Run, file: PlannedFile, { md5, etag, proof }: Acknowledged): FileResult {
  const { path, size } = file.source;
  const uploadedAt = new Date(run.ports.clock.wall()).toISOString();
  run.journal.note(file.name, { state: 'sent', path, ...identityOf(file.source), etag, proof });
  return { status: 'uploaded', name: file.name, path, size, md5, etag, proof, uploadedAt };
}

/** Whether storage holds the file already, or another by its name; undefined where it has to be sent. */
async function settleByStored(run: Run, file: PlannedFile): Promise<SkippedFile | FailedFile | undefined> {
  const stored = run.stored.get(file.name);
  if (stored?.status !== 'uploaded' || stored.etag === null) return undefined;
  const { source, name } = file;
  const etag = bareEtag(stored.etag);
  const skipped = (proof: 'md5' | 'size'): SkippedFile => ({
    ...{ status: 'skipped', reason: 'already-there', name, path: source.path, size: source.size },
    ...{ etag, proof },
  });

  const sent = run.journal.recallSent(name, source);
  if (sent?.etag === etag && stored.size === source.size) return skipped(sent.proof);
  const { md5 } = run.ports;
  const partSize = run.journal.recallUpload(name, source)?.partSize;
  switch (await compareWithStored({ source, stored, md5, partSize, signal: run.signal })) {
    case 'same':
      return skipped('md5');
    case 'unknown':
      run.notice(SIZES_ONLY);
      return skipped('size');
    case 'different':
      if (run.settings.overwrite) return undefined;
      return failed(
        { name, path: source.path, size: source.size },
        'conflict',
        conflictMessage(stored.size, source.size),
      );
  }
}

function conflictMessage(stored: number | null, local: number): string {
  const what =
    stored === local ? 'of the same size but with other content' : `of ${stored} bytes; this one has ${local}`;
  return `The project holds another file by this name, ${what}. It was left as it is. Send this one to another project, or overwrite that one.`;
}

async function send(run: Run, file: PlannedFile, { resume }: { resume: boolean }): Promise<Acknowledged> {
  const { size } = file.source;
  if (size > run.settings.singlePutLimit) {
    const acknowledged = await uploadInParts(run, file, { resume });
    if (acknowledged) return acknowledged;
    run.notice('This server takes no uploads in parts here: large files go up in one piece each.');
    if (size > MAX_PART_SIZE) throw new TooLargeError();
  }
  const range = { start: 0, end: size };
  try {
    return await sendRange(run, { file, range, links: run.links, key: file.name, signal: run.signal });
  } catch (error) {
    const acknowledged = isOnlyInParts(error) ? await uploadInParts(run, file, { resume }) : undefined;
    if (acknowledged) return acknowledged;
    throw error;
  } finally {
    run.links.release(file.name);
  }
}

const isOnlyInParts = (error: unknown) =>
  error instanceof RefusedError && error.code === ('single_put_unavailable' satisfies ErrorCode);

class TooLargeError extends Error {
  constructor() {
    super(`It is larger than ${MAX_PART_SIZE} bytes, and this server takes no uploads in parts here.`);
  }
}

/** What an upload token is not for, or has no room for: another file may be within its limits. */
const OF_ONE_FILE = new Set<string>(['file_name_not_allowed', 'upload_token_full'] satisfies ErrorCode[]);

/** Further files would only fail in the same way. */
function concernsAll(run: Run, error: unknown): boolean {
  if (error instanceof UnavailableError) return run.retrier.outage;
  if (error instanceof TransportError) return run.retrier.outage || error.kind === 'certificate';
  if (!(error instanceof RefusedError)) return false;
  if (OF_ONE_FILE.has(error.code)) return false;
  return error.status === 401 || error.status === 403 || error.code === 'project_not_found';
}

export function failedFile(file: PlannedFile, error: unknown): FailedFile {
  const { path, size } = file.source;
  const reason = reasonOf(error);
  return failed({ name: file.name, path, size }, reason, messageOf(error));
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof SourceError) return error.kind;
  if (error instanceof MismatchError) return 'mismatch';
  if (error instanceof ExistsError) return 'conflict';
  if (error instanceof TooLargeError) return 'too-large';
  if (error instanceof TransportError || error instanceof UnavailableError) return 'unavailable';
  if (error instanceof StorageRefusal) return error.answer.kind === 'later' ? 'unavailable' : 'refused';
  return 'refused';
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MismatchError)
    return `It arrived damaged, several times: ${message}. Check memory, disk and network.`;
  if (error instanceof TransportError) return `It could not be sent: ${message}. Run the same command to go on.`;
  if (error instanceof StorageRefusal) {
    const way = error.answer.kind === 'later' ? ' Run the same command to go on.' : '';
    return `It was not taken: ${message}.${way}`;
  }
  if (error instanceof UploadGoneError) return `It has to begin again: ${message} Run the same command to do so.`;
  return message;
}
