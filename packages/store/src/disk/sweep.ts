import { setImmediate as turn } from 'node:timers/promises';
import type { IndexReader } from '../index/reader.ts';
import type { IndexWriter } from '../index/writer.ts';
import type { Blobs } from './blobs.ts';

const PAGE = 256;

export type SweepResult = {
  /** Files removed that nothing referred to. */
  removed: number;
  /** Objects dropped because the file of their bytes was gone. */
  lost: { bucket: string; key: string }[];
};

/**
 * Brings disk and index together after a crash, while the store is already serving: removes the blobs of earlier
 * runs that were never published or no longer stand for anything, and drops the objects whose bytes are gone.
 */
export async function sweep({
  blobs,
  reader,
  writer,
  signal,
}: {
  blobs: Blobs;
  reader: IndexReader;
  writer: IndexWriter;
  signal: AbortSignal;
}): Promise<SweepResult> {
  const result: SweepResult = { removed: 0, lost: [] };
  let seen = 0;
  for await (const blob of blobs.written()) {
    if (++seen % PAGE === 0) await turn();
    if (signal.aborted) return result;
    if (reader.knowsBlob(blob)) continue;
    await blobs.remove([blob]);
    result.removed += 1;
  }
  for (const table of ['segment', 'part'] as const) {
    let page = reader.blobsAfter(table, '', PAGE);
    while (page.length > 0) {
      for (const blob of page) {
        if (signal.aborted) return result;
        if (await blobs.exists(blob)) continue;
        const { freed, forgotten = [] } = await writer.run({ type: 'forgetBlob', blob });
        await blobs.remove(freed);
        result.lost.push(...forgotten);
      }
      page = reader.blobsAfter(table, page.at(-1) as string, PAGE);
    }
  }
  return result;
}
