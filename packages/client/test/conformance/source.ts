import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SourceError, type SourceFailure } from '../../src/base/errors.ts';
import type { Body, Source } from '../../src/base/ports.ts';
import { during } from '../during.ts';
import { md5Hex } from '../fakes/md5.ts';
import { photoBytes } from '../fakes/memory-source.ts';

/** A file that a test can do things to behind the source's back. */
export type SourceUnderTest = {
  source: Source;
  write(bytes: Uint8Array): Promise<void>;
  /** Writes, and puts the time of modification back. */
  writeQuietly(bytes: Uint8Array): Promise<void>;
  remove(): Promise<void>;
  /** Frees what the file takes. */
  [Symbol.asyncDispose](): Promise<void>;
};

const KIB = 1024;
/** Around what implementations may take as their chunk. */
const SIZES = [1, 64, 64 * KIB, 64 * KIB + 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 1024 * KIB + 17];

async function take(body: Body): Promise<Uint8Array> {
  const taken: Uint8Array[] = [];
  for await (const chunk of body.chunks()) taken.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(taken as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

const kindOf = (kind: string) => (error: unknown) => error instanceof SourceError && error.kind === kind;

/** What a source says of a file that was changed, changed quietly, cut or removed; null where its platform does not see it. */
export type Tells = Record<'changed' | 'quietly', SourceFailure | null> & Record<'shorter' | 'gone', SourceFailure>;

const SEES_ALL: Tells = { changed: 'changed', quietly: 'changed', shorter: 'changed', gone: 'vanished' };

/** What every source promises. */
export function describeSource(
  name: string,
  create: (bytes: Uint8Array) => Promise<SourceUnderTest>,
  { changed, quietly, shorter, gone }: Tells = SEES_ALL,
): void {
  describe(name, () => {
    test('gives its bytes and their MD5, whatever its size', async () => {
      for (const size of SIZES) {
        const bytes = photoBytes(size, size);
        await during(create(bytes), async (file) => {
          const body = file.source.open({ start: 0, end: size });
          assert.equal(body.size, size);
          assert.deepEqual(await take(body), bytes);
          assert.equal(await body.md5(), md5Hex(bytes));
          assert.equal(await file.source.md5({ start: 0, end: size }), md5Hex(bytes));
        });
      }
    });

    test('gives a range of its bytes, and several bodies at once', async () => {
      const bytes = photoBytes(2 * 1024 * KIB, 1);
      await during(create(bytes), async (file) => {
        const ranges = [
          { start: 0, end: 700 * KIB },
          { start: 700 * KIB, end: 1900 * KIB },
          { start: 1900 * KIB, end: bytes.length },
        ];
        await Promise.all(
          ranges.map(async (range) => {
            const body = file.source.open(range);
            assert.deepEqual(await take(body), bytes.slice(range.start, range.end));
            assert.equal(await body.md5(), md5Hex(bytes.slice(range.start, range.end)));
          }),
        );
      });
    });

    test('can be left half-way, again and again', async () => {
      const bytes = photoBytes(600 * KIB, 1);
      await during(create(bytes), async (file) => {
        for (let round = 0; round < 300; round += 1) {
          const body = file.source.open({ start: 0, end: bytes.length });
          for await (const _ of body.chunks()) break;
        }
        assert.deepEqual(await take(file.source.open({ start: 0, end: bytes.length })), bytes);
      });
    });

    test('has no MD5 for what was not read to its end', async () => {
      const bytes = photoBytes(1024 * KIB, 1);
      await during(create(bytes), async (file) => {
        const body = file.source.open({ start: 0, end: bytes.length });
        for await (const _ of body.chunks()) break;
        await assert.rejects(body.md5());
      });
    });

    for (const size of [1000, 1024 * KIB]) {
      if (changed) {
        test(`of ${size} bytes does not give its last chunk when it has changed`, async () => {
          const bytes = photoBytes(size, 1);
          await during(create(bytes), async (file) => {
            await file.write(photoBytes(size, 2));
            let given = 0;
            const read = async () => {
              for await (const chunk of file.source.open({ start: 0, end: size }).chunks()) given += chunk.length;
            };
            await assert.rejects(read(), kindOf(changed));
            assert.ok(given < size);
            const before = file.source.modifiedMs;
            const now = await file.source.stat().catch((error) => ({ modifiedMs: error as SourceError }));
            assert.notEqual(now.modifiedMs, before);
          });
        });
      }

      test(`of ${size} bytes says when it has become shorter`, async () => {
        const bytes = photoBytes(size, 1);
        await during(create(bytes), async (file) => {
          await file.write(bytes.slice(0, size - 10));
          await assert.rejects(take(file.source.open({ start: 0, end: size })), kindOf(shorter));
        });
      });

      if (quietly) {
        test(`of ${size} bytes does not give its last chunk when its time was put back after a change`, async () => {
          await during(create(photoBytes(size, 1)), async (file) => {
            await file.writeQuietly(photoBytes(size, 2));
            assert.equal((await file.source.stat()).modifiedMs, file.source.modifiedMs);
            await assert.rejects(take(file.source.open({ start: 0, end: size })), kindOf(quietly));
            await assert.rejects(file.source.md5({ start: 0, end: size }), kindOf(quietly));
          });
        });
      }

      test(`of ${size} bytes says when it is gone`, async () => {
        await during(create(photoBytes(size, 1)), async (file) => {
          await file.remove();
          await assert.rejects(take(file.source.open({ start: 0, end: size })), kindOf(gone));
          await assert.rejects(file.source.stat(), kindOf(gone));
          await assert.rejects(file.source.md5({ start: 0, end: size }), kindOf(gone));
        });
      });
    }

    test('stops hashing when it is told to', async () => {
      const bytes = photoBytes(1024 * KIB, 1);
      await during(create(bytes), async (file) => {
        const reason = new Error('enough');
        const signal = AbortSignal.abort(reason);
        await assert.rejects(file.source.md5({ start: 0, end: bytes.length }, { signal }), reason);
      });
    });
  });
}
