import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { API_KEY, failure } from '../../test/fakes/fake-cloud.ts';
import { createHarness, MIB, photo, photos } from '../../test/fakes/harness.ts';
import { photoBytes } from '../../test/fakes/memory-source.ts';
import { assertTruthful, reasonsOf, sizesOf } from '../../test/fakes/truthful.ts';
import { AuthenticationError, ConfigurationError, DuplicateNamesError, UnavailableError } from '../base/errors.ts';
import { UploadControl } from '../schedule/control.ts';

describe('a run', () => {
  test('brings every file to storage and confirms it against the list', async () => {
    const harness = createHarness();
    const files = [...photos(20, 300_000), photo('large.NEF', 35 * MIB + 17)];
    const summary = await harness.upload(files);
    assert.equal(summary.successful, 21);
    assert.equal(summary.bytes, sizesOf(files));
    assert.equal(summary.confirmedBy, 'listing');
    assert.deepEqual(summary.notices, []);
    assert.ok(summary.results.every((result) => result.status === 'uploaded' && result.proof === 'md5'));
    assertTruthful(harness, files, summary);
  });

  test('run again sends nothing, and reads nothing that the journal remembers', async () => {
    const harness = createHarness();
    const files = [...photos(3, 300_000), photo('large.NEF', 17 * MIB)];
    await harness.upload(files);
    const reads = files.map((file) => file.reads);
    const summary = await harness.upload(files);
    assert.deepEqual([summary.skipped, summary.bytes], [4, 0]);
    assert.deepEqual(
      files.map((file) => file.reads),
      reads,
    );
  });

  for (const journal of ['lost', 'garbled']) {
    test(`run again with a ${journal} journal sends nothing either`, async () => {
      const harness = createHarness();
      const files = [...photos(3, 300_000), photo('large.NEF', 17 * MIB)];
      await harness.upload(files);
      for (const [scope, lines] of harness.memory.scopes) {
        const garbled = lines.map((line) => line.replaceAll(/"etag":"."/g, '"etag":"x"').slice(0, -2));
        harness.memory.scopes.set(scope, journal === 'lost' ? [] : garbled);
      }
      const summary = await harness.upload(files);
      assert.deepEqual([summary.skipped, summary.bytes], [4, 0]);
      assertTruthful(harness, files, summary);
    });
  }

  test('leaves a file with other content alone, unless told to overwrite', async () => {
    const harness = createHarness();
    const [file, other] = [photo('DSC_0001.NEF', 1000, 1), photo('DSC_0001.NEF', 1000, 2)];
    other.modifiedMs += 2000;
    await harness.upload([file]);
    const left = await harness.upload([other]);
    assert.deepEqual(reasonsOf(left), [['DSC_0001.NEF', 'conflict']]);
    assert.deepEqual(
      Buffer.from(harness.cloud.project.files.get('DSC_0001.NEF')?.bytes ?? []),
      Buffer.from(file.bytes),
    );
    const overwritten = await harness.upload([other], { overwrite: true });
    assert.equal(overwritten.successful, 1);
    assertTruthful(harness, [other], overwritten);
  });

  test('asks for no more than the bare contract where the server has no more', async () => {
    for (const flow of ['profile', 'smart-editing'] as const) {
      const harness = createHarness({ speaks: 'contract' });
      const files = [...photos(3, 300_000), photo('large.NEF', 33 * MIB)];
      const summary = await harness.upload(files, { flow });
      assert.equal(summary.successful, 4);
      assert.equal(summary.confirmedBy, 'acknowledgement');
      assert.equal(summary.notices.length, flow === 'profile' ? 2 : 1);
      assertTruthful(harness, files, summary);
    }
  });

  test('uses the project of that name, and says so when the name belongs to the other flow', async () => {
    const harness = createHarness();
    await harness.upload([photo('a.jpg', 10)]);
    assert.equal((await harness.upload([photo('b.jpg', 10)])).successful, 1);
    assert.equal(harness.cloud.projects.size, 1);
    await assert.rejects(harness.upload([photo('c.jpg', 10)], { flow: 'smart-editing' }), ConfigurationError);
  });

  test('reports empty files and impossible names, and sends the rest', async () => {
    const harness = createHarness();
    const files = [photo('empty.jpg', 0), photo('bad\u0001.jpg', 10), photo('good.jpg', 10)];
    const summary = await harness.upload(files);
    assert.deepEqual(reasonsOf(summary).sort(), [
      ['bad\u0001.jpg', 'invalid-name'],
      ['empty.jpg', 'empty'],
    ]);
    assert.equal(summary.successful, 1);
  });

  test('makes no project where there is nothing to send, and uses one that is there', async () => {
    const harness = createHarness();
    const summary = await harness.upload([photo('empty.jpg', 0)]);
    assert.deepEqual([summary.projectUuid, summary.total, summary.failed], [null, 1, 1]);
    assert.equal(harness.cloud.projects.size, 0);
    await harness.upload([photo('a.jpg', 10)]);
    assert.equal((await harness.upload([])).projectUuid, harness.cloud.project.uuid);
  });

  test('ends its own open uploads, and none of another machine', async () => {
    const harness = createHarness();
    const file = photo('large.NEF', 36 * MIB);
    const open = (id: string, parts: number[]) => {
      const held = new Map(parts.map((part) => [part, { bytes: new Uint8Array(8 * MIB), etag: id }]));
      const upload = { id, name: 'large.NEF', partCount: 5, size: 36 * MIB, state: 'open', parts: held };
      harness.cloud.project.uploads.set(id, upload);
    };
    // They appear while this run sends, as those of another machine do.
    harness.cloud.onStored = ({ part }) => {
      if (part !== 1) return;
      open('anothers', [2]);
      open('answered-into-the-void', []);
    };
    assert.equal((await harness.upload([file])).successful, 1);
    assert.deepEqual(
      harness.cloud.openUploads.map(({ id }) => id),
      ['anothers'],
    );
  });

  test('ends the upload of an earlier run for a file that has since changed', async () => {
    const harness = createHarness();
    const file = photo('large.NEF', 36 * MIB);
    const abort = new AbortController();
    harness.cloud.onStored = () => abort.abort(new Error('enough'));
    await assert.rejects(harness.upload([file], { signal: abort.signal }));
    assert.equal(harness.cloud.openUploads.length, 1);
    harness.cloud.onStored = () => {};
    file.write(photoBytes(20 * MIB, 7));
    const summary = await harness.upload([file]);
    assert.equal(summary.successful, 1);
    assertTruthful(harness, [file], summary);
  });

  test('refuses two files of one name before anything is asked for', async () => {
    const harness = createHarness();
    await assert.rejects(harness.upload([photo('1/a.jpg', 10, 1), photo('2/a.jpg', 10, 2)]), DuplicateNamesError);
    assert.deepEqual(harness.cloud.calls, []);
  });

  test('tells progress at most four times a second of its time, for any number of files', async () => {
    const harness = createHarness();
    const summary = await harness.upload(photos(3000, 100));
    const told = harness.events.filter(({ type }) => type === 'progress').length;
    assert.ok(told <= summary.seconds * 4 + 1, `${told} in ${summary.seconds} s`);
    assert.equal(harness.events.filter(({ type }) => type === 'file-finished').length, 3000);
  });

  test('asks for links in batches, once a file', async () => {
    const harness = createHarness();
    await harness.upload(photos(500, 1000));
    const calls = harness.cloud.calls.filter((call) => call.kind === 'api' && call.route === 'uploadLinks');
    assert.ok(calls.length < 20, `${calls.length} calls`);
  });

  test('holds to a bandwidth limit', async () => {
    const harness = createHarness();
    const summary = await harness.upload(photos(10, MIB), { bytesPerSecond: MIB });
    assert.ok(summary.seconds > 9.8, `${summary.seconds} s`);
  });

  test('has no more transfers at once than asked for', async () => {
    const harness = createHarness({ bytesPerSecond: MIB });
    let most = 0;
    const onEvent = (event: { type: string; progress?: { transfers: { active: number } } }) => {
      if (event.progress) most = Math.max(most, event.progress.transfers.active);
    };
    await harness.upload(photos(20, MIB), { concurrency: 3, onEvent });
    assert.equal(most, 3);
    most = 0;
    await harness.upload(photos(200, 16 * 1024), { project: 'small files', concurrency: 3, onEvent });
    assert.equal(most, 3, 'of small ones neither');
    most = 0;
    await createHarness({ bytesPerSecond: 16 * 1024 }).upload(photos(300, 16 * 1024), { concurrency: 256, onEvent });
    assert.equal(most, 256);
  });

  test('sends many small files at once in the place of few large ones', async () => {
    const mostAtOnce = async (size: number, path: { bytesPerSecond?: number } = {}) => {
      const harness = createHarness();
      let [active, most] = [0, 0];
      const onEvent = ({ type }: { type: string }) => {
        if (type === 'file-started') active += 1;
        if (type === 'file-finished') active -= 1;
        most = Math.max(most, active);
      };
      await harness.upload(photos(300, size), { ...path, onEvent });
      return most;
    };
    const [small, large] = [await mostAtOnce(4096), await mostAtOnce(2 * MIB)];
    assert.ok(small >= 64 && small <= 192, `${small} small ones`);
    assert.ok(large <= 40, `${large} large ones`);
    // Too many would share a slow path until each looks as if it stood still.
    const slow = await mostAtOnce(200_000, { bytesPerSecond: 125_000 });
    assert.ok(slow <= 16, `${slow} on a slow path`);
  });
});

describe('control', () => {
  test('aborted, it rejects with the reason; run again, it sends what was not there', async () => {
    const harness = createHarness({ bytesPerSecond: 10 * MIB });
    const files = [photo('one.NEF', 60 * MIB), photo('two.NEF', 60 * MIB)];
    const abort = new AbortController();
    const reason = new Error('enough');
    let stored = 0;
    harness.cloud.onStored = ({ size }) => {
      stored += size;
      if (stored >= 60 * MIB) abort.abort(reason);
    };
    await assert.rejects(harness.upload(files, { signal: abort.signal, concurrency: 4 }), reason);
    assert.equal(harness.cloud.openUploads.length, 2);
    const held = stored;
    const summary = await harness.upload(files, { concurrency: 4 });
    assert.equal(summary.successful, 2);
    assert.equal(summary.bytes, sizesOf(files) - held);
    assertTruthful(harness, files, summary);
  });

  test('paused, nothing begins until it is resumed', async () => {
    const harness = createHarness();
    const control = new UploadControl();
    const files = photos(30, MIB);
    let stored = 0;
    harness.cloud.onStored = () => {
      stored += 1;
      if (stored === 10) control.pause();
    };
    const summary = harness.begin(files, { control, concurrency: 4 });
    await harness.clock.run(harness.clock.sleep(60_000));
    assert.ok(stored >= 10 && stored <= 13, `${stored} stored`);
    control.resume();
    assert.equal((await harness.clock.run(summary)).successful, 30);
    const kinds = harness.events.map(({ type }) => type).filter((type) => type === 'paused' || type === 'resumed');
    assert.deepEqual(kinds, ['paused', 'resumed']);
  });
});

describe('what concerns everything', () => {
  test('an unknown key rejects before anything is sent', async () => {
    const harness = createHarness();
    harness.cloud.keys.clear();
    await assert.rejects(harness.upload(photos(2, 10)), AuthenticationError);
  });

  test('a key that is revoked meanwhile fails the rest at once, and says so', async () => {
    const harness = createHarness();
    harness.cloud.onStored = () => harness.cloud.keys.delete(API_KEY);
    const summary = await harness.upload(photos(1000, 1000));
    assert.equal(summary.total, 1000);
    assert.ok(reasonsOf(summary).some(([, reason]) => reason === 'refused'));
    assert.ok(harness.cloud.calls.length < 200, `${harness.cloud.calls.length} calls`);
  });

  test('a server that is not there is told within seconds', async () => {
    const harness = createHarness();
    harness.cloud.fault = () => ({ answer: { fault: 'unreachable' } });
    const before = harness.clock.now();
    await assert.rejects(harness.upload(photos(1, 10)), UnavailableError);
    assert.ok(harness.clock.now() - before < 15_000);
  });

  test('a server that never comes back ends the run, however many files there are', async () => {
    const harness = createHarness();
    harness.cloud.onStored = () => {
      harness.cloud.fault = () => ({ answer: { fault: 'unreachable' } });
    };
    const summary = await harness.upload(photos(2000, 1000));
    assert.equal(summary.successful, 0);
    assert.equal(summary.failed, 2000);
    assert.ok(summary.seconds < 30 * 60, `${summary.seconds} s`);
  });

  test('a name that the server refuses costs the other files nothing', async () => {
    const harness = createHarness();
    const answer = harness.cloud.answer.bind(harness.cloud);
    harness.cloud.answer = (request, body) =>
      new TextDecoder().decode(body).includes('"file_name":"DSC_0007.NEF"')
        ? failure(400, 'invalid_file_name', 'The file name "DSC_0007.NEF" is not liked.')
        : answer(request, body);
    const summary = await harness.upload(photos(20, 10));
    assert.deepEqual(reasonsOf(summary), [['DSC_0007.NEF', 'refused']]);
    assert.equal(summary.successful, 19);
  });
});
