import { type ErrorCode, MAX_PART_SIZE } from '@darkslide/contract';
import { RefusedError } from '../base/errors.ts';
import type { PlannedFile } from '../plan/plan.ts';
import type { Links } from './links.ts';
import { sendRange } from './send-range.ts';
import { type Receipt, TooLargeError } from './transfer-errors.ts';
import { type PartsUploader, uploadInParts } from './upload-in-parts.ts';

const MIB = 1024 * 1024;

/** The default of `multipartAbove`: one PUT takes two calls fewer, and up to this size a failure repeats little. */
export const SINGLE_PUT_MAX_BYTES = 64 * MIB;

export type FileSender = PartsUploader & {
  /** Links of files, by name. */
  readonly links: Links<string>;
  /** Larger files are sent in parts, where the server has multipart uploads. */
  readonly singlePutMaxBytes: number;
  /** Emits a notice; the same one only once. */
  readonly notice: (message: string) => void;
};

const NO_MULTIPART = 'This server has no multipart uploads in this flow; large files are sent in one request.';

/**
 * Sends a file in one PUT or in parts: in parts above `singlePutMaxBytes`, where the server has multipart uploads, and
 * where the server refuses to give a link for one PUT.
 * @param resume continue a multipart upload of an earlier run, where there is one.
 * @throws {TooLargeError} where one PUT is too small for the file, and the server has no multipart uploads.
 * @throws what `sendRange` and `uploadInParts` throw.
 */
export async function sendInOnePutOrParts(
  sender: FileSender,
  file: PlannedFile,
  { resume }: { resume: boolean },
): Promise<Receipt> {
  const { links, signal } = sender;
  const { size } = file.source;
  if (size > sender.singlePutMaxBytes) {
    const receipt = await uploadInParts(sender, file, { resume });
    if (receipt) return receipt;
    sender.notice(NO_MULTIPART);
    if (size > MAX_PART_SIZE) {
      throw new TooLargeError(
        `The file is larger than ${MAX_PART_SIZE} bytes, and this server has no multipart uploads.`,
      );
    }
  }
  try {
    return await sendRange(sender.sender, { file, range: { start: 0, end: size }, links, key: file.name, signal });
  } catch (error) {
    const receipt = isOnlyInParts(error) ? await uploadInParts(sender, file, { resume }) : undefined;
    if (receipt) return receipt;
    throw error;
  } finally {
    links.release(file.name);
  }
}

const isOnlyInParts = (error: unknown) =>
  error instanceof RefusedError && error.code === ('single_put_unavailable' satisfies ErrorCode);
