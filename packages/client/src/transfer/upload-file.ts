import { identityOf } from '../base/file-identity.ts';
import { type FailedFile, type FileResult, failed, type SkippedFile } from '../base/results.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { compareWithStored } from './compare.ts';
import { concernsAll } from './concerns-all.ts';
import { bareEtag } from './etags.ts';
import { failedFile, subjectOf } from './failed-file.ts';
import { isExistsError, matchExisting } from './match-existing.ts';
import { type FileSender, sendInOnePutOrParts } from './put-or-parts.ts';
import type { Receipt } from './transfer-errors.ts';

/** The result of one file, and what is needed to compare it with the server's list at the end. */
export type FileOutcome = { result: FileResult; receipt?: Receipt };

export type FileUploader = FileSender & {
  /** Replace files that the project contains with other content. */
  readonly overwrite: boolean;
};

export const SIZES_ONLY = "This storage's ETags are not MD5s, so files are compared by size only, not by content.";

/**
 * Uploads one file, or finds out why that is not possible. Does not throw for an error of this file alone, so that one
 * bad file does not stop the others.
 * @param again send the file whatever storage already has.
 * @throws what concerns the whole run: a refusal of everything, an outage, or the signal's reason.
 */
export async function uploadFile(
  uploader: FileUploader,
  file: PlannedFile,
  { again }: { again: boolean },
): Promise<FileOutcome> {
  const { destination, signal } = uploader;
  try {
    const known = again ? undefined : await settleByStored(uploader, file);
    if (known) return { result: known };
    const receipt = await sendInOnePutOrParts(uploader, file, { resume: !again }).catch((error) => {
      if (!isExistsError(error)) throw error;
      return matchExisting(destination, file, signal);
    });
    if (receipt.proof === 'size') uploader.notice(SIZES_ONLY);
    return { result: uploaded(uploader, file, receipt), receipt };
  } catch (error) {
    signal.throwIfAborted();
    if (concernsAll(uploader.sender.retrier, error)) throw error;
    return { result: failedFile(file, error) };
  }
}

function uploaded({ sender, destination }: FileUploader, file: PlannedFile, receipt: Receipt): FileResult {
  const { md5, etag, proof } = receipt;
  const uploadedAt = new Date(sender.clock.wall()).toISOString();
  const { path } = file.source;
  destination.journal.note(file.name, { state: 'sent', path, ...identityOf(file.source), etag, proof });
  return { status: 'uploaded', ...subjectOf(file), md5, etag, proof, uploadedAt };
}

/** The result of a file whose name the project contains already; undefined where the file must be sent. */
async function settleByStored(
  { destination, overwrite, notice, signal }: FileUploader,
  file: PlannedFile,
): Promise<SkippedFile | FailedFile | undefined> {
  const { remote, journal, md5 } = destination;
  const stored = remote.files.get(file.name);
  if (stored?.status !== 'uploaded' || stored.etag === null) return undefined;
  const { source, name } = file;
  const etag = bareEtag(stored.etag);
  const skipped = (proof: 'md5' | 'size'): SkippedFile => ({
    status: 'skipped',
    reason: 'already-there',
    ...subjectOf(file),
    etag,
    proof,
  });

  const sent = journal.recallSent(name, source);
  if (sent?.etag === etag && stored.size === source.size) return skipped(sent.proof);
  const partSize = journal.recallUpload(name, source)?.partSize;
  switch (await compareWithStored({ source, stored, md5, partSize, signal })) {
    case 'same':
      return skipped('md5');
    case 'unknown':
      notice(SIZES_ONLY);
      return skipped('size');
    case 'different':
      if (overwrite) return undefined;
      return failed(subjectOf(file), 'conflict', conflictMessage(stored.size, source.size));
  }
}

function conflictMessage(stored: number | null, local: number): string {
  const what =
    stored === local ? 'of the same size but with other content' : `of ${stored} bytes; this one has ${local}`;
  return `The project already contains another file with this name, ${what}. It was not changed. Upload this file to another project, or overwrite the other one.`;
}
