import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Fault, failure, type Target, xml } from '../../test/fakes/fake-cloud.ts';
import { createHarness, MIB, photo, photos } from '../../test/fakes/harness.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful, reasonsOf, sizesOf } from '../../test/fakes/truthful.ts';

const isPut = (target: Target) => target.kind === 'put';

/** The fault for the first so many requests that it may strike. */
function first(
  times: number,
  strikes: (target: Target) => boolean,
  fault: Fault,
): (target: Target) => Fault | undefined {
  let left = times;
  return (target) => {
    if (left === 0 || !strikes(target)) return undefined;
    left -= 1;
    return fault;
  };
}

/** A small shoot: five files that go up in one piece, and one in two parts. */
const shoot = () => [...photos(5, 300_000), photo('large.NEF', 17 * MIB)];

describe('what passes', () => {
  const passing: [string, Fault][] = [
    ['a reset mid-body', { afterBytes: 100_000, answer: { fault: 'reset' } }],
    ['an answer that is cut off', { answer: { fault: 'reset' } }],
    ['a transfer that stalls', { afterBytes: 100_000, answer: { fault: 'hang' } }],
    ['an answer that never comes', { answer: { fault: 'hang' } }],
    ['500 InternalError', { answer: xml(500, 'InternalError') }],
    ['503 SlowDown', { answer: xml(503, 'SlowDown') }],
    ['429', { afterBytes: 0, answer: { status: 429, headers: { 'retry-after': '3' } } }],
    ['400 RequestTimeout', { answer: xml(400, 'RequestTimeout') }],
    ['400 BadDigest', { answer: xml(400, 'BadDigest') }],
    ['200 with an error in its body', { answer: xml(200, 'InternalError') }],
    ['403 for a link that has expired', { afterBytes: 0, answer: xml(403, 'AccessDenied') }],
    ['400 ExpiredToken', { afterBytes: 0, answer: xml(400, 'ExpiredToken') }],
    ['403 RequestTimeTooSkewed', { afterBytes: 0, answer: xml(403, 'RequestTimeTooSkewed') }],
    ['200 without an ETag, as from a sign-in page', { answer: { status: 200, text: '<html>Welcome, guest</html>' } }],
    ['a wrong ETag', { answer: { status: 200, headers: { etag: '"00000000000000000000000000000000"' } } }],
  ];
  for (const [name, fault] of passing) {
    test(`${name}, from storage, is tried again`, async () => {
      const harness = createHarness();
      harness.cloud.fault = first(4, isPut, fault);
      const files = shoot();
      const summary = await harness.upload(files);
      assert.deepEqual(reasonsOf(summary), []);
      assertTruthful(harness, files, summary);
    });
  }

  const answers: [string, Fault][] = [
    ['no answer', { answer: { fault: 'reset' } }],
    ['503', { answer: failure(503, 'storage_unavailable', 'Not now.') }],
    ['429', { answer: { status: 429, headers: { 'retry-after': '2' }, text: '' } }],
    ['half an answer', { answer: { status: 200, text: '{"data": {"fil' } }],
  ];
  for (const [name, fault] of answers) {
    test(`${name}, from the API, is tried again`, async () => {
      const harness = createHarness();
      let calls = 0;
      harness.cloud.fault = ({ kind }) => (kind === 'api' && ++calls % 2 === 0 ? fault : undefined);
      const files = shoot();
      const summary = await harness.upload(files);
      assert.deepEqual(reasonsOf(summary), []);
      assertTruthful(harness, files, summary);
    });
  }

  test('a storage that hangs up on an expired link, without an answer, gets another link', async () => {
    const harness = createHarness();
    const refused = new Set<string>();
    const head = harness.cloud.head.bind(harness.cloud);
    harness.cloud.head = (request) => {
      const fate = head(request);
      if (!request.url.startsWith('http://storage') || (refused.size > 0 && !refused.has(request.url))) return fate;
      refused.add(request.url);
      return { afterBytes: 0, answer: { fault: 'reset' } };
    };
    const summary = await harness.upload(photos(1, 1000));
    assert.deepEqual([summary.successful, refused.size], [1, 1]);
    assert.ok(summary.seconds < 10);
  });

  test('Retry-After is obeyed', async () => {
    const harness = createHarness();
    harness.cloud.fault = first(1, isPut, { answer: { status: 503, headers: { 'retry-after': '100' } } });
    const summary = await harness.upload(photos(1, 1000));
    assert.ok(summary.seconds >= 100 && summary.seconds < 110, `${summary.seconds} s`);
  });

  test('an answer to complete that was lost does not send the file again', async () => {
    const harness = createHarness();
    const answer = harness.cloud.answer.bind(harness.cloud);
    let lost = false;
    harness.cloud.answer = (request, body) => {
      const said = answer(request, body);
      if (lost || !request.url.endsWith('/complete')) return said;
      lost = true;
      return { fault: 'reset' };
    };
    const files = [photo('large.NEF', 20 * MIB)];
    const summary = await harness.upload(files);
    assert.deepEqual([summary.successful, summary.bytes], [1, 20 * MIB]);
    assertTruthful(harness, files, summary);
  });

  test('the API down for a minute costs a minute', async () => {
    const harness = createHarness();
    let until = Number.POSITIVE_INFINITY;
    harness.cloud.onStored = () => {
      if (until === Number.POSITIVE_INFINITY) until = harness.clock.now() + 60_000;
    };
    const isDown = () => until !== Number.POSITIVE_INFINITY && harness.clock.now() < until;
    harness.cloud.fault = () => (isDown() ? { answer: { fault: 'unreachable' } } : undefined);
    const files = shoot();
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), []);
    assert.ok(summary.seconds < 120, `${summary.seconds} s`);
    assertTruthful(harness, files, summary);
  });

  test('a laptop that sleeps for a day goes on', async () => {
    const harness = createHarness({ bytesPerSecond: MIB });
    let slept = false;
    harness.cloud.onStored = () => {
      if (slept) return;
      slept = true;
      harness.clock.suspend(24 * 3_600_000);
    };
    const files = shoot();
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), []);
    assertTruthful(harness, files, summary);
  });

  test('a clock that is off by a day changes nothing', async () => {
    for (const days of [-1, 1]) {
      const harness = createHarness({ linkTtlSeconds: 60 });
      harness.clock.skew = days * 24 * 3_600_000;
      const files = shoot();
      const summary = await harness.upload(files);
      assert.deepEqual([reasonsOf(summary), summary.bytes], [[], sizesOf(files)]);
    }
  });

  test('links that live shorter than a run are renewed before they expire', async () => {
    const harness = createHarness({ linkTtlSeconds: 10, bytesPerSecond: MIB });
    const files = [...photos(30, 2 * MIB), photo('large.NEF', 30 * MIB)];
    const summary = await harness.upload(files, { concurrency: 2 });
    assert.deepEqual([reasonsOf(summary), summary.bytes], [[], sizesOf(files)]);
  });
});

describe('what does not pass', () => {
  const refusals: [string, Fault, string][] = [
    ['400', { answer: xml(400, 'InvalidArgument') }, 'refused'],
    ['404', { answer: xml(404, 'NoSuchBucket') }, 'refused'],
    ['403 for every link', { answer: xml(403, 'SignatureDoesNotMatch') }, 'refused'],
    ['a wrong ETag every time', { answer: { status: 200, headers: { etag: `"${'0'.repeat(32)}"` } } }, 'mismatch'],
  ];
  for (const [name, fault, reason] of refusals) {
    test(`${name}, from storage, fails that file alone, within a few attempts`, async () => {
      const harness = createHarness();
      harness.cloud.fault = (target) => (target.kind === 'put' && target.name === 'DSC_0002.NEF' ? fault : undefined);
      const files = shoot();
      const summary = await harness.upload(files);
      assert.deepEqual(reasonsOf(summary), [['DSC_0002.NEF', reason]]);
      const attempts = harness.cloud.calls.filter((call) => call.kind === 'put' && call.name === 'DSC_0002.NEF').length;
      assert.ok(attempts <= 3, `${attempts} attempts`);
      assertTruthful(harness, files, summary);
    });
  }

  test('a part that is refused fails its file, and leaves no upload open', async () => {
    const harness = createHarness();
    harness.cloud.fault = (target) =>
      target.kind === 'put' && target.part === 2 ? { answer: xml(400, 'EntityTooLarge') } : undefined;
    const files = shoot();
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), [['large.NEF', 'refused']]);
    assertTruthful(harness, files, summary);
  });

  test('a storage that fails for one file only is given up on after minutes, and the rest does not wait', async () => {
    const harness = createHarness();
    harness.cloud.fault = (target) =>
      target.kind === 'put' && target.name === 'DSC_0001.NEF' ? { answer: xml(500, 'InternalError') } : undefined;
    const files = photos(200, 300_000);
    let others = 0;
    harness.cloud.onStored = () => {
      others = harness.clock.now();
    };
    const summary = await harness.upload(files, { concurrency: 1 });
    assert.deepEqual(reasonsOf(summary), [['DSC_0001.NEF', 'unavailable']]);
    assert.ok(others < 30_000, `the last of the others arrived after ${others} ms`);
    assert.ok(summary.seconds < 600, `${summary.seconds} s`);
  });
});

describe('files that are not what they were', () => {
  for (const size of [300_000, 36 * MIB]) {
    test(`one of ${size} bytes that changes while it is sent fails with that reason, and is not completed`, async () => {
      const harness = createHarness();
      const file = photo('DSC_0001.NEF', size);
      file.onRead = (at) => {
        if (at >= size - MIB) {
          file.onRead = () => {};
          file.write(photoBytes(size, 99));
        }
      };
      const summary = await harness.upload([file, photo('other.NEF', 1000)]);
      assert.deepEqual(reasonsOf(summary), [['DSC_0001.NEF', 'changed']]);
      assert.equal(harness.cloud.project.files.has('DSC_0001.NEF'), false);
      assert.deepEqual(harness.cloud.openUploads, []);
    });
  }

  for (const kind of ['vanished', 'unreadable'] as const) {
    test(`one that is ${kind} half-way fails with that reason, and is read once`, async () => {
      const harness = createHarness();
      const file = photo('DSC_0001.NEF', 20 * MIB);
      const plan = [file, photo('other.NEF', 1000)];
      file.onRead = (at) => {
        if (at > 12 * MIB) file.broken = { kind, at: 0 };
      };
      const summary = await harness.upload(plan);
      assert.deepEqual(reasonsOf(summary), [['DSC_0001.NEF', kind]]);
      assert.deepEqual(harness.cloud.openUploads, []);
    });
  }
});

describe('multipart uploads that go wrong', () => {
  test('one that disappears meanwhile is begun again', async () => {
    const harness = createHarness();
    let swept = false;
    harness.cloud.onStored = ({ part }) => {
      if (part !== 2 || swept) return;
      swept = true;
      for (const upload of harness.cloud.openUploads) upload.state = 'aborted';
    };
    const files = [photo('large.NEF', 36 * MIB)];
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), []);
    assertTruthful(harness, files, summary);
  });

  test('a part that storage lost is sent again', async () => {
    const harness = createHarness();
    const answer = harness.cloud.answer.bind(harness.cloud);
    let lost = false;
    harness.cloud.answer = (request, body) => {
      if (request.url.endsWith('/complete') && !lost) {
        lost = true;
        harness.cloud.openUploads[0]?.parts.delete(2);
      }
      return answer(request, body);
    };
    const files = [photo('large.NEF', 36 * MIB)];
    const summary = await harness.upload(files);
    assert.deepEqual([summary.successful, harness.cloud.project.uploads.size], [1, 1]);
    assertTruthful(harness, files, summary);
  });

  test('one that another content was sent to is not completed with it', async () => {
    const harness = createHarness();
    const abort = new AbortController();
    const file = photo('large.NEF', 36 * MIB, 1);
    harness.cloud.onStored = ({ part }) => part === 3 && abort.abort();
    await assert.rejects(harness.upload([file], { signal: abort.signal }));
    const files = [photo('large.NEF', 36 * MIB, 2)];
    const summary = await harness.upload(files);
    assert.deepEqual([summary.successful, summary.bytes], [1, 36 * MIB]);
    assertTruthful(harness, files, summary);
  });

  test('the open upload is found without a journal too', async () => {
    const harness = createHarness({ bytesPerSecond: 10 * MIB });
    const abort = new AbortController();
    let stored = 0;
    harness.cloud.onStored = ({ size }) => {
      stored += size;
      if (stored > 16 * MIB) abort.abort();
    };
    const files = [photo('large.NEF', 70 * MIB)];
    await assert.rejects(harness.upload(files, { signal: abort.signal }));
    harness.memory.scopes.clear();
    const held = stored;
    const summary = await harness.upload(files);
    assert.deepEqual([summary.successful, summary.bytes], [1, 70 * MIB - held]);
    assertTruthful(harness, files, summary);
  });
});

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
      if (stored === 3)
        harness.cloud.fault = ({ kind }) => (kind === 'api' ? { answer: { fault: 'reset' } } : undefined);
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
