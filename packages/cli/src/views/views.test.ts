import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { FailedFile, LeftOut, Plan, Progress, UploadEvent, UploadSummary } from '@darkslide/client';
import type { Context, Output } from '../base/context.ts';
import { createView } from './create-view.ts';

const failure: FailedFile = {
  status: 'failed',
  name: 'b.NEF',
  path: '/card/b.NEF',
  size: 10,
  reason: 'changed',
  message: 'It was changed while it was sent.',
};

const leftOut: LeftOut = {
  ...{ total: 9, notPhotos: 2, hidden: 1, excluded: 0, linksOut: 1 },
  ...{ folders: [{ name: '@eaDir', count: 5 }], paths: ['/card/notes.txt'] },
};

const plan: Plan = { files: [], settled: [], bytes: 20, leftOut, duplicates: 'error', copies: [] };

const progress = (inFlight: number): Progress => ({
  files: { total: 20_000, successful: 10, skipped: 1, failed: 1 },
  bytes: { total: 1e9, done: 5e8 },
  bytesPerSecond: 1e7,
  secondsLeft: 50,
  transfers: { active: 4, limit: 8 },
  inFlight: Array.from({ length: inFlight }, (_, index) => ({
    name: `${'long-'.repeat(40)}${index}.NEF`,
    size: 100,
    sent: 50,
    state: 'sending',
  })),
});

const events: UploadEvent[] = [
  { type: 'planned', projectUuid: 'p', files: 2, bytes: 20, resumed: false },
  { type: 'file-started', name: 'b.NEF', path: '/card/b.NEF', size: 10 },
  { type: 'retrying', name: 'b.NEF', part: 2, attempt: 1, delayMs: 1500, reason: 'storage answered 503' },
  { type: 'progress', progress: progress(100) },
  { type: 'file-finished', result: failure },
  { type: 'notice', message: 'This is worth knowing.' },
  { type: 'confirming' },
];

const summary: UploadSummary = {
  projectUuid: 'p',
  total: 2,
  successful: 1,
  failed: 1,
  skipped: 0,
  bytes: 20,
  seconds: 4,
  confirmedBy: 'listing',
  notices: [],
  leftOut,
  results: [failure],
};

const allArrived: UploadSummary = { ...summary, failed: 0, successful: 2, results: [] };

/** What is written, for a whole upload. */
async function show(
  flags: { json?: boolean; quiet?: boolean },
  terminal: Partial<Output> = {},
  end = summary,
  heard = events,
) {
  const stdout: Output = Object.assign(new PassThrough(), terminal);
  const stderr = new PassThrough();
  const context: Context = {
    env: {},
    stdout,
    stderr,
    defaults: {},
    version: '1',
    onInterrupt: () => () => {},
    leave: () => {},
  };
  const view = await createView(context, flags);
  view.planned(plan);
  for (const event of heard) view.event(event);
  view.finish(end);
  return { stdout: String((stdout as PassThrough).read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('views', () => {
  test('JSON is an object a line in snake_case, the summary last', async () => {
    const lines = (await show({ json: true })).stdout.trim().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    assert.equal(records.length, events.length + 1);
    assert.equal(records.at(-1).type, 'summary');
    assert.equal(records.at(-1).project_uuid, 'p');
    assert.doesNotMatch(lines.join('').replaceAll(/"(path|name|message|reason)":"[^"]*"/g, ''), /"[a-z]+[A-Z]\w*":/);
  });

  test('plain lines tell failures, retries and how it ended', async () => {
    const { stdout } = await show({});
    assert.match(stdout, /b\.NEF, part 2: storage answered 503; again in 1\.5 s/);
    assert.match(stdout, /failed {2}\/card\/b\.NEF: It was changed/);
    assert.match(stdout, /1 file of 2 failed; 1 uploaded/);
    assert.match(stdout, /Run the same command again/);
  });

  test('says what the check was where all arrived', async () => {
    assert.match(
      (await show({}, {}, allArrived)).stdout,
      /All 2 files uploaded, verified by size and MD5 against what storage lists/,
    );
  });

  test('every view tells what was left out', async () => {
    const told = /Left out: 2 files that are not photos .*, 1 hidden file, 1 link .*, 5 folders @eaDir\./;
    assert.match((await show({})).stdout, told);
    assert.match((await show({ quiet: true }, {}, allArrived)).stderr, told);
    assert.match((await show({}, { isTTY: true, columns: 80, rows: 24 })).stdout, told);
    const last = (await show({ json: true })).stdout.trim().split('\n').at(-1) ?? '';
    assert.deepEqual(JSON.parse(last).left_out, {
      ...{ total: 9, not_photos: 2, hidden: 1, excluded: 0, links_out: 1 },
      ...{ folders: [{ name: '@eaDir', count: 5 }], paths: ['/card/notes.txt'] },
    });
  });

  test('quiet says nothing but what went wrong', async () => {
    const { stdout, stderr } = await show({ quiet: true });
    assert.equal(stdout, '');
    assert.match(stderr, /This is worth knowing/);
    assert.match(stderr, /\/card\/b\.NEF: It was changed/);
  });

  test('no view shows what a terminal could obey, or take for a line of ours; JSON keeps it', async () => {
    const forged = 'x\nAll 1,000 files uploaded\r\u001b[2J\u009b\u202egpj.\u2028\ufeff\ud800';
    const hostile: FailedFile = { ...failure, name: forged, path: forged, message: forged };
    const skipped = { status: 'skipped', reason: 'copy', name: forged, path: forged, size: 1 } as const;
    const heard: UploadEvent[] = [
      { type: 'retrying', name: forged, part: null, attempt: 1, delayMs: 1, reason: forged },
      {
        type: 'progress',
        progress: { ...progress(1), inFlight: [{ name: forged, size: 1, sent: 0, state: 'sending' }] },
      },
      { type: 'file-finished', result: hostile },
      { type: 'file-finished', result: { ...skipped, etag: null, proof: 'md5' } },
      { type: 'notice', message: forged },
    ];
    const end = { ...summary, results: [hostile] };
    for (const terminal of [{}, { isTTY: true, columns: 200, rows: 50 }]) {
      for (const flags of [{}, { quiet: true }]) {
        const { stdout, stderr } = await show(flags, terminal, end, heard);
        const shown = stripVTControlCharacters(stdout + stderr).replaceAll('\n', '');
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.doesNotMatch(stdout + stderr, /^All 1,000/m);
        assert.ok(!stdout.includes('\u001b[2J'));
      }
    }
    const { stdout } = await show({ json: true }, {}, end, heard);
    assert.equal(JSON.parse(stdout.split('\n')[0] ?? '').name, forged);
  });

  test('the live view fits its window, at any size', async () => {
    for (const [columns, rows] of [
      [80, 24],
      [20, 4],
      [200, 60],
    ] as const) {
      const { stdout } = await show({}, { isTTY: true, columns, rows });
      const frame = stripVTControlCharacters(stdout).split('\n');
      const drawn = frame.filter((line) => /[█░]|long-/.test(line));
      assert.ok(drawn.length > 0 && drawn.length < rows, `${drawn.length} of ${rows} rows`);
      assert.ok(drawn.every((line) => line.length < columns));
      assert.match(stdout, /✗ \/card\/b\.NEF/);
    }
  });
});
