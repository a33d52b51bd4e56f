import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Fault, type Target, xml } from '../../test/fakes/fake-cloud.ts';
import { first, shoot } from '../../test/fakes/faults.ts';
import { createHarness, MIB, photo, photos } from '../../test/fakes/harness.ts';
import { MemoryFile, photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful, reasonsOf } from '../../test/fakes/truthful.ts';

describe('storage whose ETags are not MD5s', () => {
  test('is recognised, checked by size, and the summary says so once', async () => {
    const harness = createHarness({ etags: 'random' });
    const files = shoot();
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), []);
    assert.ok(summary.results.every((result) => result.status === 'uploaded' && result.proof === 'size'));
    assert.equal(summary.notices.length, 1);
    assertTruthful(harness, files, summary);
  });

  test('is not mistaken for one that damages everything in the same way', async () => {
    const harness = createHarness({ etags: 'constant' });
    const summary = await harness.upload(photos(3, 1000));
    assert.deepEqual(new Set(reasonsOf(summary).map(([, reason]) => reason)), new Set(['mismatch']));
  });
});

describe('the list at the end', () => {
  test('what it does not confirm is sent again, and reported where that does not help', async () => {
    for (const helps of [true, false]) {
      const harness = createHarness();
      let confirming = 0;
      const onEvent = ({ type }: { type: string }) => {
        if (type !== 'confirming' || (helps && confirming > 0)) return;
        confirming += 1;
      };
      const answer = harness.cloud.answer.bind(harness.cloud);
      harness.cloud.answer = (request, body) => {
        if (request.url.includes('/files') && confirming > 0 && (!helps || confirming === 1)) {
          confirming += 1;
          harness.cloud.project.files.delete('DSC_0003.NEF');
        }
        return answer(request, body);
      };
      const files = photos(5, 1000);
      const summary = await harness.upload(files, { onEvent });
      assert.deepEqual(reasonsOf(summary), helps ? [] : [['DSC_0003.NEF', 'mismatch']]);
      if (helps) assertTruthful(harness, files, summary);
    }
  });

  test('is not given up for one answer that the server has no such call', async () => {
    const harness = createHarness();
    await harness.upload(photos(2, 1000));
    harness.cloud.onStored = () => {
      const strikes = (target: Target) => target.kind === 'api' && target.route === 'listFiles';
      harness.cloud.fault = first(1, strikes, { answer: { status: 404, text: 'nothing here' } });
    };
    const files = photos(4, 1000);
    const summary = await harness.upload(files);
    assert.equal(summary.confirmedBy, 'listing');
    assertTruthful(harness, files, summary);
  });

  test('where it can not be had, nothing counts as arrived', async () => {
    const harness = createHarness();
    let stored = 0;
    harness.cloud.onStored = () => {
      stored += 1;
      if (stored === 3) {
        harness.cloud.fault = ({ kind }) => (kind === 'api' ? { answer: { fault: 'reset' } } : undefined);
      }
    };
    const summary = await harness.upload(photos(3, 1000));
    assert.deepEqual(new Set(reasonsOf(summary).map(([, reason]) => reason)), new Set(['unconfirmed']));
  });
});

test('whatever goes wrong, whenever: what is called uploaded is in storage, byte for byte', async () => {
  const answers: Fault['answer'][] = [
    { fault: 'reset' },
    { fault: 'hang' },
    xml(500, 'InternalError'),
    xml(503, 'SlowDown'),
    xml(403, 'AccessDenied'),
    xml(404, 'NoSuchUpload'),
    xml(400, 'InvalidRequest'),
    { status: 200, headers: { etag: `"${'f'.repeat(32)}"` }, text: '{"data":{}}' },
    { status: 200, text: '{"data":' },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(fc.record({ strike: fc.nat(99), answer: fc.constantFrom(...answers), after: fc.nat(2 * MIB) })),
      fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat(10_000) }, { weight: 1, arbitrary: fc.nat(20 * MIB) }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.nat(30),
      fc.option(fc.nat(20), { nil: undefined }),
      async (faults, sizes, percent, abortAfter) => {
        const harness = createHarness();
        const files = sizes.map((size, index) => photo(`DSC_${index}.NEF`, size, index));
        harness.cloud.fault = (target) => {
          if (target.kind === 'api' && /Project|projectUuid/.test(target.route)) return undefined;
          const { strike, answer, after } = faults.next().value;
          return strike < percent ? { answer, afterBytes: after } : undefined;
        };
        if (abortAfter !== undefined) {
          const abort = new AbortController();
          let puts = 0;
          harness.cloud.onStored = () => ++puts === abortAfter && abort.abort(new Error('killed'));
          await harness.upload(files, { signal: abort.signal }).catch(() => {});
          harness.cloud.onStored = () => {};
        }
        const summary = await harness.upload(files).catch(() => undefined);
        if (summary) {
          harness.cloud.fault = () => undefined;
          for (const upload of harness.cloud.openUploads) upload.state = 'aborted';
          assertTruthful(harness, files, summary);
        }
        harness.cloud.fault = () => undefined;
        const quiet = await harness.upload(files);
        assertTruthful(harness, files, quiet);
        assert.deepEqual(
          new Set(reasonsOf(quiet).map(([, reason]) => reason)).difference(new Set(['empty'])),
          new Set(),
        );
      },
    ),
    { numRuns: 25 },
  );
});

describe('files that storage damaged', () => {
  test('keep their names: a photo of another card is uploaded under a name of its own', async () => {
    const harness = createHarness();
    const { cloud } = harness;
    const [mine, other] = ['/card1/DSC_1.NEF', '/card2/DSC_1.NEF'].map(
      (path, seed) => new MemoryFile(path, photoBytes(1000, seed)),
    ) as [MemoryFile, MemoryFile];
    await harness.upload([mine], { duplicates: 'rename' });
    const stored = cloud.project.files.get('DSC_1.NEF') ?? assert.fail();
    cloud.project.files.set('DSC_1.NEF', { ...stored, damaged: true });
    const summary = await harness.upload([other], { duplicates: 'rename' });
    assert.deepEqual(
      summary.results.map(({ name, status }) => [name, status]),
      [['card2_DSC_1.NEF', 'uploaded']],
    );
    assert.deepEqual(cloud.project.files.get('DSC_1.NEF')?.bytes, mine.bytes);
    const again = await harness.upload([mine, other], { duplicates: 'rename' });
    assert.deepEqual([again.successful, again.skipped], [1, 1]);
    assert.deepEqual(cloud.project.files.get('DSC_1.NEF'), { bytes: mine.bytes, etag: stored.etag });
    assert.deepEqual(cloud.project.files.get('card2_DSC_1.NEF')?.bytes, other.bytes);
  });

  test('are reported by verify, and sent again by the next upload, which says so', async () => {
    const harness = createHarness();
    const { client, clock, cloud } = harness;
    const files = [photo('small.NEF', 1000), photo('parts.NEF', 20 * MIB), photo('whole.NEF', 2000)];
    await harness.upload(files);
    for (const name of ['small.NEF', 'parts.NEF']) {
      const stored = cloud.project.files.get(name) ?? assert.fail(name);
      cloud.project.files.set(name, { ...stored, damaged: true });
    }
    const plan = await client.planFiles({ files: files.map((file) => file.source()) });
    const { uuid: projectUuid } = cloud.project;
    const verdicts = async () => (await clock.run(client.verifyPlan(plan, { projectUuid }))).verdicts;
    assert.deepEqual(
      (await verdicts()).map(({ name, verdict }) => [name, verdict]),
      [
        ['parts.NEF', 'damaged'],
        ['small.NEF', 'damaged'],
        ['whole.NEF', 'same'],
      ],
    );
    const summary = await harness.upload(files);
    assert.deepEqual([summary.successful, summary.skipped], [2, 1]);
    assert.match(summary.notices.join(), /damaged the bytes of 2 files: uploading again/);
    assert.ok((await verdicts()).every(({ verdict }) => verdict === 'same'));
    assertTruthful(harness, files, summary);
  });
});
