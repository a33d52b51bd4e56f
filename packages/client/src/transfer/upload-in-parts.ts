import type { HeldPart, OpenUpload } from '../api/responses.ts';
import { RefusedError, SourceError } from '../base/errors.ts';
import { identityOf, isUnchanged } from '../base/file-identity.ts';
import { inParallel } from '../base/for-each-limited.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Acknowledged, Run } from '../run/run.ts';
import { bareEtag, etagShape, multipartEtag } from './etags.ts';
import { Links } from './links.ts';
import { partCount, partRange, partSizeFor, possiblePartSizes } from './part-size.ts';
import { MismatchError, StorageRefusal, sendRange } from './send-range.ts';

/** Links of parts that are asked for at once. */
const PART_LINKS_AHEAD = 32;
/** A file's parts that may wait for a slot or be sent at the same time. */
const PARTS_AT_ONCE = 32;
/** How often an upload that is gone, or came out wrong, is started from the beginning. */
const STARTS = 3;
/** How often parts that complete found missing are sent again. */
const REPAIRS = 3;

/** The multipart upload does not exist any more, or nothing can be added to it. */
export class UploadGoneError extends Error {}

type Upload = {
  uploadId: string;
  key: string;
  partSize: number;
  parts: number;
  /** What storage holds already, by part number. */
  held: Map<number, HeldPart>;
  links: Links<number>;
};

/**
 * Sends a file in parts: goes on with what an earlier run left, where there is such an upload.
 * Undefined where this server has no multipart uploads in this family.
 * An upload that is gone, or whose content is proven wrong, is aborted and begun again. After every other failure it
 * stays open: the next run sends only what is missing.
 */
export async function uploadInParts(
  run: Run,
  file: PlannedFile,
  { resume }: { resume: boolean },
): Promise<Acknowledged | undefined> {
  for (let start = 1; ; start += 1) {
    const upload = (resume && start === 1 && (await findUpload(run, file))) || (await startUpload(run, file));
    if (!upload) return undefined;
    try {
      return await sendAndComplete(run, file, upload);
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof UploadGoneError || error instanceof MismatchError)) throw error;
      await abandon(run, upload);
      if (start === STARTS) throw error;
      // Of the whole file nothing is there any more.
      run.progress.restart(file);
    }
  }
}

async function startUpload(run: Run, file: PlannedFile): Promise<Upload | undefined> {
  const { size } = file.source;
  const bandwidth = run.progress.bytesPerSecond;
  const perTransfer = bandwidth === undefined ? undefined : bandwidth / Math.max(run.slots.active, 1);
  const partSize = partSizeFor({ size, bandwidth: perTransfer });
  const parts = partCount({ size, partSize });
  const started = await run.api.startUpload({ name: file.name, parts, size, partSize }, { signal: run.signal });
  if (!started) return undefined;
  const { uploadId, key } = started;
  remember(run, file, { uploadId, partSize });
  const links = partLinks(run, uploadId, parts);
  links.add(new Map(started.links.map((link) => [link.part, link])));
  return { uploadId, key, partSize, parts, held: new Map(), links };
}

function remember(run: Run, { name, source }: PlannedFile, upload: { uploadId: string; partSize: number }): void {
  run.journal.note(name, { state: 'open', path: source.path, ...identityOf(source), ...upload });
}

function partLinks(run: Run, uploadId: string, parts: number): Links<number> {
  return new Links<number>({
    clock: run.ports.clock,
    ahead: () => PART_LINKS_AHEAD,
    upcoming: Array.from({ length: parts }, (_, index) => index + 1),
    ask: async (numbers) => {
      const links = await run.api.partLinks(uploadId, numbers, { signal: run.signal }).catch((error) => {
        throw isGone(error) ? new UploadGoneError(error.message) : error;
      });
      // A server of the bare contract can't renew links: only a new upload brings new ones.
      if (!links) throw new UploadGoneError('The links of the parts have expired.');
      return new Map(links.map((link) => [link.part, link]));
    },
  });
}

const isGone = (error: unknown) => error instanceof RefusedError && error.status === 404;

/** An upload of an earlier run that can be gone on with. The journal knows it, or the server's list of open ones. */
async function findUpload(run: Run, file: PlannedFile): Promise<Upload | undefined> {
  const { size } = file.source;
  const remembered = run.journal.recallUpload(file.name, file.source);
  const listed = (run.openUploads.get(file.name) ?? []).filter((upload) => upload.size === size);
  const ids = new Set([...(remembered ? [remembered.uploadId] : []), ...listed.map(({ uploadId }) => uploadId)]);

  for (const uploadId of ids) {
    const upload = await run.api.upload(uploadId, { signal: run.signal }).catch((error) => {
      if (error instanceof RefusedError) return undefined;
      throw error;
    });
    if (upload?.state !== 'open' || upload.fileName !== file.name) continue;
    const partSize = uploadId === remembered?.uploadId ? remembered.partSize : partSizeOf(upload, size);
    if (partSize === undefined || partCount({ size, partSize }) !== upload.partCount) continue;
    if (uploadId !== remembered?.uploadId) remember(run, file, { uploadId, partSize });
    const held = new Map(upload.parts.map((part) => [part.part, part]));
    const links = partLinks(run, uploadId, upload.partCount);
    return { uploadId, key: upload.key, partSize, parts: upload.partCount, held, links };
  }
  return undefined;
}

/** The part size of an upload that another run began, by the parts that are there. */
function partSizeOf(upload: OpenUpload & { parts: HeldPart[] }, size: number): number | undefined {
  const whole = upload.parts.filter(({ part }) => part < upload.partCount).map((part) => part.size);
  const [first] = whole;
  if (first === undefined) return possiblePartSizes({ size, parts: upload.partCount })[0];
  return whole.every((other) => other === first) ? first : undefined;
}

async function sendAndComplete(run: Run, file: PlannedFile, upload: Upload): Promise<Acknowledged> {
  const acknowledged = new Map<number, Acknowledged>();
  let wanted = Array.from({ length: upload.parts }, (_, index) => index + 1);
  for (let repair = 0; ; repair += 1) {
    const limits = { limit: PARTS_AT_ONCE, signal: run.signal };
    await inParallel(wanted, limits, async (part, signal) => {
      acknowledged.set(part, await settlePart(run, file, upload, part, signal));
    });
    await checkUnchanged(file, run.signal);
    run.progress.state(file, 'completing');
    try {
      const { name, source } = file;
      const completed = await run.api.completeUpload(
        upload.uploadId,
        { name, size: source.size },
        { signal: run.signal },
      );
      return await judgeWhole(run, file, acknowledged, completed);
    } catch (error) {
      if (isGone(error)) throw new UploadGoneError((error as Error).message, { cause: error });
      const repairable = error instanceof RefusedError && error.status === 409 && repair < REPAIRS;
      wanted = repairable ? await partsToRepair(run, file, upload) : [];
      if (wanted.length === 0) throw error;
    }
  }
}

/** A part that storage holds, with the bytes that the file has there, is not sent again. */
async function settlePart(
  run: Run,
  file: PlannedFile,
  upload: Upload,
  part: number,
  signal: AbortSignal,
): Promise<Acknowledged> {
  const range = partRange({ size: file.source.size, partSize: upload.partSize, part });
  const held = upload.held.get(part);
  if (held?.size === range.end - range.start && etagShape(bareEtag(held.etag)).kind === 'md5') {
    const md5 = await file.source.md5(range, { signal });
    const etag = bareEtag(held.etag);
    if (run.trust.put.judge({ etag, expected: md5 }) === 'equal') {
      run.progress.held(file, held.size);
      upload.links.release(part);
      return { expected: md5, etag, md5, proof: 'md5' };
    }
  }
  try {
    return await sendRange(run, { file, range, links: upload.links, key: part, signal });
  } catch (error) {
    const gone = error instanceof StorageRefusal && error.answer.kind === 'upload-gone';
    throw gone ? new UploadGoneError(error.message) : error;
  } finally {
    upload.links.release(part);
  }
}

async function checkUnchanged(file: PlannedFile, signal: AbortSignal): Promise<void> {
  if (isUnchanged(await file.source.stat({ signal }), file.source)) return;
  throw new SourceError(
    'changed',
    'It was changed while it was sent. Send it again when nothing writes to it any more.',
  );
}

/** Parts that storage does not hold as they should be. */
async function partsToRepair(run: Run, file: PlannedFile, upload: Upload): Promise<number[]> {
  const now = await run.api.upload(upload.uploadId, { signal: run.signal });
  if (!now) return [];
  upload.held = new Map(now.parts.map((part) => [part.part, part]));
  const wrong: number[] = [];
  for (let part = 1; part <= upload.parts; part += 1) {
    const { start, end } = partRange({ size: file.source.size, partSize: upload.partSize, part });
    if (upload.held.get(part)?.size === end - start) continue;
    upload.held.delete(part);
    run.progress.held(file, start - end);
    wrong.push(part);
  }
  return wrong;
}

async function judgeWhole(
  run: Run,
  file: PlannedFile,
  acknowledged: ReadonlyMap<number, Acknowledged>,
  completed: { size: number; etag: string },
): Promise<Acknowledged> {
  const inOrder = Array.from({ length: acknowledged.size }, (_, index) => acknowledged.get(index + 1));
  const md5s = inOrder.map((part) => part?.expected ?? '');
  const expected = await multipartEtag(md5s, run.ports.md5);
  const etag = bareEtag(completed.etag);
  if (completed.size !== file.source.size) {
    throw new MismatchError({ expected, etag, md5: null, proof: 'size' });
  }
  const partsProven = inOrder.every((part) => part?.proof === 'md5');
  const verdict = run.trust.multipart.judge({ etag, expected });
  if (verdict === 'different' && partsProven && run.trust.multipart.judgeRepeated([etag]) === 'different') {
    throw new MismatchError({ expected, etag, md5: null, proof: 'size' });
  }
  return { expected, etag, md5: null, proof: verdict === 'equal' && partsProven ? 'md5' : 'size' };
}

/** Frees what storage holds of it. Nothing is lost when that fails: servers sweep idle uploads. */
async function abandon(run: Run, { uploadId, key }: Upload): Promise<void> {
  await run.api.abortUpload(uploadId, { key, signal: run.signal }).catch(() => {});
}
