import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Fault, failure, type Target, xml } from '../../test/fakes/fake-cloud.ts';
import { first, shoot } from '../../test/fakes/faults.ts';
import { createHarness, MIB, photo, photos } from '../../test/fakes/harness.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful, reasonsOf, sizesOf } from '../../test/fakes/truthful.ts';

const isPut = (target: Target) => target.kind === 'put';

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

  test('a part that is refused fails its file, and the next run resumes it', async () => {
    const harness = createHarness();
    harness.cloud.fault = (target) =>
      target.kind === 'put' && target.part === 2 ? { answer: xml(400, 'EntityTooLarge') } : undefined;
    const files = shoot();
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary), [['large.NEF', 'refused']]);
    assertTruthful(harness, files, summary);
    harness.cloud.fault = () => undefined;
    const next = await harness.upload(files);
    assert.deepEqual(reasonsOf(next), []);
    assertTruthful(harness, files, next);
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
      const next = await harness.upload([file]);
      assertTruthful(harness, [file], next);
      assert.deepEqual(reasonsOf(next), []);
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
      assert.equal(harness.cloud.openUploads.length, 1);
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
