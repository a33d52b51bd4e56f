import type { StoredFile } from '../api/responses.ts';
import type { Md5, Source } from '../base/ports.ts';
import { bareEtag, etagShape, multipartEtag } from './etags.ts';
import { partCountOf, partRange, possiblePartSizes } from './part-size.ts';

type Readable = Pick<Source, 'size' | 'md5'>;

/** `unknown`: the sizes are equal, and storage's ETag tells nothing about the content. */
export type Comparison = 'same' | 'different' | 'unknown';

/**
 * Compares a local file with the object that storage has by its name, by size and ETag. Reads the file only when the
 * sizes are equal.
 * @throws {SourceError} when it can't be read.
 */
export async function compareWithStored({
  source,
  stored,
  md5,
  partSize,
  signal,
}: {
  source: Readable;
  stored: StoredFile;
  md5: Md5;
  /** The size of the parts it was uploaded in, in bytes, where that is known. */
  partSize?: number | undefined;
  signal?: AbortSignal | undefined;
}): Promise<Comparison> {
  const { size } = source;
  if (stored.size !== size || stored.etag === null) return 'different';
  const etag = bareEtag(stored.etag);
  const shape = etagShape(etag);
  switch (shape.kind) {
    case 'opaque':
      return 'unknown';
    case 'md5':
      return (await source.md5({ start: 0, end: size }, { signal })) === etag ? 'same' : 'different';
    case 'multipart': {
      const candidates = new Set([
        ...(partSize ? [partSize] : []),
        ...likelyPartSizes({ size, count: shape.partCount }),
      ]);
      for (const candidate of candidates) {
        if ((await etagInParts({ source, partSize: candidate, md5, signal })) === etag) return 'same';
      }
      return 'different';
    }
  }
}

const MIB = 1024 * 1024;
/** Defaults of other clients that are not powers of two: 5 MiB in the AWS SDKs, 50 MiB in s5cmd and tusd. */
const OTHER_CLIENTS_PART_BYTES = [5 * MIB, 50 * MIB, 100 * MIB];

function likelyPartSizes({ size, count }: { size: number; count: number }): number[] {
  const others = OTHER_CLIENTS_PART_BYTES.filter((partSize) => partCountOf({ size, partSize }) === count);
  return [...possiblePartSizes({ size, count }), ...others];
}

async function etagInParts({
  source,
  partSize,
  md5,
  signal,
}: {
  source: Readable;
  partSize: number;
  md5: Md5;
  signal?: AbortSignal | undefined;
}): Promise<string> {
  const md5s: string[] = [];
  for (let partNumber = 1; partNumber <= partCountOf({ size: source.size, partSize }); partNumber += 1) {
    md5s.push(await source.md5(partRange({ size: source.size, partSize, partNumber }), { signal }));
  }
  return multipartEtag(md5s, md5);
}
