import type { OpenUpload, StoredPart } from '../api/responses.ts';
import { RefusedError, SourceError } from '../base/errors.ts';
import { FILE_CHANGED, identityOf, isUnchanged } from '../base/file-identity.ts';
import { forEachLimited } from '../base/for-each-limited.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Destination } from './destination.ts';
import { bareEtag, etagShape, multipartEtag } from './etags.ts';
import { Links } from './links.ts';
import { partCountOf, partRange, partSizeFor, possiblePartSizes } from './part-size.ts';
import { type Sender, sendRange } from './send-range.ts';
import { MismatchError, type Receipt, StorageRefusal, UploadGoneError } from './transfer-errors.ts';

/** At most this many links of parts are requested at once. */
const MAX_PART_LINKS = 32;
/** At most this many parts of one file wait for a permit or are sent at the same time. */
const MAX_PARTS_IN_PROGRESS = 32;
/** How often an upload is started: again when it is gone, or its content is wrong. */
const MAX_STARTS = 3;
/** How often parts are sent again that completing the upload found missing. */
const MAX_REPAIRS = 3;

export type PartsUploader = {
  readonly sender: Sender;
  readonly destination: Destination;
  readonly signal: AbortSignal;
};

type Upload = {
  uploadId: string;
  key: string;
  partSize: number;
  partCount: number;
  /** Parts that storage has already, by part number. */
  stored: Map<number, StoredPart>;
  links: Links<number>;
};

/**
 * Sends a file in parts, and continues an upload of an earlier run where there is one.
 * An upload that is gone, or whose content is proven wrong, is aborted and started again. After every other failure it
 * stays open: the next run sends only what is missing.
 * @returns undefined where this server has no multipart uploads in this flow.
 */
export async function uploadInParts(
  uploader: PartsUploader,
  file: PlannedFile,
  { resume }: { resume: boolean },
): Promise<Receipt | undefined> {
  for (let start = 1; ; start += 1) {
    const upload = (resume && start === 1 && (await findUpload(uploader, file))) || (await startUpload(uploader, file));
    if (!upload) return undefined;
    try {
      return await sendAndComplete(uploader, file, upload);
    } catch (error) {
      uploader.signal.throwIfAborted();
      if (!(error instanceof UploadGoneError || error instanceof MismatchError)) throw error;
      await abort(uploader, upload);
      if (start === MAX_STARTS) throw error;
      uploader.sender.progress.restart(file);
    }
  }
}

async function startUpload(uploader: PartsUploader, file: PlannedFile): Promise<Upload | undefined> {
  const { sender, destination, signal } = uploader;
  const { size } = file.source;
  const rate = sender.progress.bytesPerSecond;
  const bandwidth = rate === undefined ? undefined : rate / Math.max(sender.transfers.permits.active, 1);
  const partSize = partSizeFor({ size, bandwidth });
  const partCount = partCountOf({ size, partSize });
  const started = await destination.api.startUpload({ name: file.name, partCount, size, partSize }, { signal });
  if (!started) return undefined;
  const { uploadId, key } = started;
  remember(destination, file, { uploadId, partSize });
  const links = partLinks(uploader, uploadId, partCount);
  links.add(new Map(started.links.map((link) => [link.partNumber, link])));
  return { uploadId, key, partSize, partCount, stored: new Map(), links };
}

function remember(
  { journal }: Destination,
  { name, source }: PlannedFile,
  upload: { uploadId: string; partSize: number },
): void {
  journal.note(name, { state: 'open', path: source.path, ...identityOf(source), ...upload });
}

const partNumbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function partLinks({ sender, destination, signal }: PartsUploader, uploadId: string, partCount: number): Links<number> {
  return new Links<number>({
    clock: sender.clock,
    ahead: () => MAX_PART_LINKS,
    upcoming: partNumbers(partCount),
    request: async (numbers) => {
      const links = await destination.api.partLinks(uploadId, numbers, { signal }).catch((error) => {
        throw isGone(error) ? new UploadGoneError(error.message) : error;
      });
      // A server of the bare contract cannot renew links: only a new upload brings new ones.
      if (!links) throw new UploadGoneError('The links of the parts have expired.');
      return new Map(links.map((link) => [link.partNumber, link]));
    },
  });
}

const isGone = (error: unknown) => error instanceof RefusedError && error.status === 404;

/** An upload of an earlier run that can be continued, from the journal or from the server's list of open uploads. */
async function findUpload(uploader: PartsUploader, file: PlannedFile): Promise<Upload | undefined> {
  const { destination, signal } = uploader;
  const { api, journal, remote } = destination;
  const { size } = file.source;
  const remembered = journal.recallUpload(file.name, file.source);
  const listed = (remote.uploads.get(file.name) ?? []).filter((upload) => upload.size === size);
  const ids = new Set([...(remembered ? [remembered.uploadId] : []), ...listed.map(({ uploadId }) => uploadId)]);

  for (const uploadId of ids) {
    const upload = await api.upload(uploadId, { signal }).catch((error) => {
      if (error instanceof RefusedError) return undefined;
      throw error;
    });
    if (upload?.state !== 'open' || upload.fileName !== file.name) continue;
    const partSize = uploadId === remembered?.uploadId ? remembered.partSize : partSizeOf(upload, size);
    if (partSize === undefined || partCountOf({ size, partSize }) !== upload.partCount) continue;
    if (uploadId !== remembered?.uploadId) remember(destination, file, { uploadId, partSize });
    const { key, partCount } = upload;
    const stored = new Map(upload.parts.map((part) => [part.partNumber, part]));
    return { uploadId, key, partSize, partCount, stored, links: partLinks(uploader, uploadId, partCount) };
  }
  return undefined;
}

/** The part size of an upload that another run started, as its stored parts show. */
function partSizeOf(upload: OpenUpload & { parts: StoredPart[] }, size: number): number | undefined {
  const whole = upload.parts.filter(({ partNumber }) => partNumber < upload.partCount).map((part) => part.size);
  const [first] = whole;
  if (first === undefined) return possiblePartSizes({ size, count: upload.partCount })[0];
  return whole.every((other) => other === first) ? first : undefined;
}

async function sendAndComplete(uploader: PartsUploader, file: PlannedFile, upload: Upload): Promise<Receipt> {
  const { sender, destination, signal } = uploader;
  const { name, source } = file;
  const receipts = new Map<number, Receipt>();
  let wanted = partNumbers(upload.partCount);
  for (let repair = 0; ; repair += 1) {
    await forEachLimited(wanted, { limit: MAX_PARTS_IN_PROGRESS, signal }, async (partNumber, stop) => {
      receipts.set(partNumber, await uploadPart(uploader, { file, upload, partNumber }, stop));
    });
    await checkUnchanged(file, signal);
    sender.progress.setState(file, 'completing');
    try {
      const { size } = source;
      const completed = await destination.api.completeUpload(upload.uploadId, { name, size }, { signal });
      return await judgeWhole(destination, file, receipts, completed);
    } catch (error) {
      if (isGone(error)) throw new UploadGoneError((error as Error).message, { cause: error });
      const repairable = error instanceof RefusedError && error.status === 409 && repair < MAX_REPAIRS;
      wanted = repairable ? await partsToRepair(uploader, file, upload) : [];
      if (wanted.length === 0) throw error;
    }
  }
}

/** A part that storage has already, with the bytes of the file, is not sent again. */
async function uploadPart(
  { sender }: PartsUploader,
  { file, upload, partNumber }: { file: PlannedFile; upload: Upload; partNumber: number },
  signal: AbortSignal,
): Promise<Receipt> {
  const range = partRange({ size: file.source.size, partSize: upload.partSize, partNumber });
  const stored = upload.stored.get(partNumber);
  if (stored?.size === range.end - range.start && etagShape(bareEtag(stored.etag)).kind === 'md5') {
    const md5 = await file.source.md5(range, { signal });
    const etag = bareEtag(stored.etag);
    if (sender.trust.judge({ etag, expected: md5 }) === 'equal') {
      sender.progress.addStored(file, stored.size);
      upload.links.release(partNumber);
      return { expected: md5, etag, md5, proof: 'md5' };
    }
  }
  try {
    return await sendRange(sender, { file, range, links: upload.links, key: partNumber, signal });
  } catch (error) {
    const gone = error instanceof StorageRefusal && error.response.kind === 'upload-gone';
    throw gone ? new UploadGoneError(error.message) : error;
  } finally {
    upload.links.release(partNumber);
  }
}

async function checkUnchanged(file: PlannedFile, signal: AbortSignal): Promise<void> {
  if (isUnchanged(await file.source.stat({ signal }), file.source)) return;
  throw new SourceError('changed', FILE_CHANGED);
}

/** Numbers of the parts that storage does not have, or has with another size. */
async function partsToRepair(
  { sender, destination, signal }: PartsUploader,
  file: PlannedFile,
  upload: Upload,
): Promise<number[]> {
  const now = await destination.api.upload(upload.uploadId, { signal });
  if (!now) return [];
  upload.stored = new Map(now.parts.map((part) => [part.partNumber, part]));
  const wrong: number[] = [];
  for (const partNumber of partNumbers(upload.partCount)) {
    const { start, end } = partRange({ size: file.source.size, partSize: upload.partSize, partNumber });
    if (upload.stored.get(partNumber)?.size === end - start) continue;
    upload.stored.delete(partNumber);
    sender.progress.addStored(file, start - end);
    wrong.push(partNumber);
  }
  return wrong;
}

async function judgeWhole(
  { md5, multipartTrust }: Destination,
  file: PlannedFile,
  receipts: ReadonlyMap<number, Receipt>,
  completed: { size: number; etag: string },
): Promise<Receipt> {
  const inOrder = partNumbers(receipts.size).map((partNumber) => receipts.get(partNumber));
  const md5s = inOrder.map((part) => part?.expected ?? '');
  const expected = await multipartEtag(md5s, md5);
  const etag = bareEtag(completed.etag);
  if (completed.size !== file.source.size) {
    throw new MismatchError({ expected, etag, md5: null, proof: 'size' });
  }
  const partsProven = inOrder.every((part) => part?.proof === 'md5');
  const comparison = multipartTrust.judge({ etag, expected });
  if (comparison === 'different' && partsProven && multipartTrust.judgeRepeated([etag]) === 'different') {
    throw new MismatchError({ expected, etag, md5: null, proof: 'size' });
  }
  return { expected, etag, md5: null, proof: comparison === 'equal' && partsProven ? 'md5' : 'size' };
}

/** Frees what storage holds of the upload. When that fails nothing is lost: servers abort idle uploads. */
async function abort({ destination, signal }: PartsUploader, { uploadId, key }: Upload): Promise<void> {
  await destination.api.abortUpload(uploadId, { key, signal }).catch(() => {});
}
