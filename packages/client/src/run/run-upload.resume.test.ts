import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHarness, MIB, photo, photos } from '../../test/fakes/harness.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful, reasonsOf } from '../../test/fakes/truthful.ts';
import { manifestOf } from './manifest.ts';

const SIZE = 80 * MIB;

/** A harness whose cloud counts the bytes that it took, whole parts only. */
function createCounting() {
  const harness = createHarness({ bytesPerSecond: 10 * MIB });
  const taken = { bytes: 0, largest: 0 };
  harness.cloud.onStored = ({ size }) => {
    taken.bytes += size;
    taken.largest = Math.max(taken.largest, size);
  };
  return { ...harness, taken };
}

type Counting = ReturnType<typeof createCounting>;

/** What ends the first run half-way through a file, and what puts it right again. */
const TROUBLES: [string, (harness: Counting, file: ReturnType<typeof photo>) => () => void][] = [
  [
    'the card is pulled, and comes back as another disk',
    (_, file) => {
      file.onRead = (at) => {
        if (at > SIZE / 2) file.broken = { kind: 'vanished', at: 0 };
      };
      return () => {
        file.onRead = () => {};
        file.broken = undefined;
        file.inode = '2:7';
      };
    },
  ],
  [
    'the card reader fails',
    (_, file) => {
      file.broken = { kind: 'unreadable', at: SIZE / 2 };
      return () => {
        file.broken = undefined;
      };
    },
  ],
  [
    'storage is away for longer than anybody waits',
    ({ cloud, taken }) => {
      cloud.fault = ({ kind }) =>
        kind === 'put' && taken.bytes >= SIZE / 2 ? { answer: { fault: 'unreachable' } } : undefined;
      return () => {
        cloud.fault = () => undefined;
      };
    },
  ],
  [
    'the API is away when the file is completed',
    ({ cloud }) => {
      cloud.fault = (target) =>
        target.kind === 'api' && target.route === 'completeMultipart' ? { answer: { fault: 'reset' } } : undefined;
      return () => {
        cloud.fault = () => undefined;
      };
    },
  ],
];

describe('after a run that could not end a large file, the next one sends only what is missing', () => {
  for (const [name, strike] of TROUBLES) {
    for (const journal of [true, false]) {
      test(`${name}, ${journal ? 'with' : 'without'} a journal`, async () => {
        const harness = createCounting();
        const file = photo('large.NEF', SIZE);
        const putRight = strike(harness, file);
        const summary = await harness.upload([file], { concurrency: 2 });
        assert.equal(summary.failed, 1);
        const missing = SIZE - harness.taken.bytes;
        assert.ok(missing < SIZE, 'something arrived');
        putRight();
        if (!journal) harness.memory.scopes.clear();
        const next = await harness.upload([file]);
        assert.deepEqual([reasonsOf(next), next.bytes], [[], missing]);
        assertTruthful(harness, [file], next);
      });
    }
  }
});

describe('a file that was edited, with its size and its time put back', () => {
  const sizes = [300_000, 20 * MIB];

  test('is not called there already, and is sent with overwrite', async () => {
    for (const size of sizes) {
      const harness = createHarness();
      const file = photo('edited.NEF', size, 1);
      await harness.upload([file]);
      file.writeQuietly(photoBytes(size, 2));
      assert.deepEqual(reasonsOf(await harness.upload([file])), [['edited.NEF', 'conflict']]);
      const sent = await harness.upload([file], { overwrite: true });
      assert.equal(sent.successful, 1);
      assertTruthful(harness, [file], sent);
    }
  });

  test('is never in a manifest with the MD5 of what it was', async () => {
    for (const size of sizes) {
      const harness = createHarness();
      const file = photo('edited.NEF', size, 1);
      await harness.upload([file]);
      file.writeQuietly(photoBytes(size, 2));
      const plan = await harness.client.planFiles({ files: [file.source()] });
      const summary = await harness.upload([file]);
      assert.deepEqual(await manifestOf(plan, summary), []);
    }
  });

  test('another file in its place, as a copy that keeps all times, is read before it counts as there', async () => {
    const harness = createHarness();
    const file = photo('replaced.NEF', 300_000, 1);
    await harness.upload([file]);
    file.bytes = photoBytes(300_000, 2);
    file.inode = '1:2';
    assert.deepEqual(reasonsOf(await harness.upload([file])), [['replaced.NEF', 'conflict']]);
  });
});

test('what was sent to a storage whose ETags are not MD5s is not called checked by MD5 later', async () => {
  const harness = createHarness({ etags: 'random' });
  const files = photos(3, 1000);
  await harness.upload(files);
  const { results } = await harness.upload(files);
  assert.deepEqual(new Set(results.map((result) => result.status === 'skipped' && result.proof)), new Set(['size']));
});
