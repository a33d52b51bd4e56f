import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHarness } from '../../test/fakes/harness.ts';
import { md5Hex } from '../../test/fakes/md5.ts';
import { MemoryFile, photoBytes } from '../../test/fakes/memory-source.ts';
import { manifestOf } from './manifest.ts';

test('a manifest lists every file that is stored, also copies, and no time that is none', async () => {
  const { client, clock } = createHarness();
  const years = { 0: null, 1: '0001', 9999: '9999', 10000: null };
  const at = (year: number) => new Date(0).setUTCFullYear(year, 5, 1);
  const dates = Object.keys(years).map((year) => at(Number(year)));
  const odd = [...dates, 9e15, -9e15, Number.POSITIVE_INFINITY];
  const files = [
    ...odd.map((ms, index) => new MemoryFile(`/card/A/IMG_${index}.jpg`, photoBytes(100, index), ms)),
    new MemoryFile('/card/B/IMG_1.jpg', photoBytes(100, 1), at(2026)),
    new MemoryFile('/card/C/IMG_1.jpg', photoBytes(100, 99), at(2026)),
  ];
  for (const run of ['sends', 'skips']) {
    const plan = await client.planFiles({ files: files.map((file) => file.source()), duplicates: 'rename' });
    const summary = await clock.run(client.uploadPlan(plan, { project: 'Shoot' }));
    assert.equal(summary.successful, run === 'sends' ? files.length - 1 : 0);
    const entries = await manifestOf(plan, summary);
    assert.deepEqual(
      entries.map(({ path, md5, modifiedAt }) => [path, md5, modifiedAt?.slice(0, 4) ?? null]),
      files.map(({ path, bytes }, index) => [
        ...[path, md5Hex(bytes)],
        index < odd.length ? (Object.values(years)[index] ?? null) : '2026',
      ]),
    );
    assert.deepEqual(
      entries.filter(({ path }) => path.endsWith('/IMG_1.jpg')).map(({ name }) => name),
      ['A_IMG_1.jpg', 'A_IMG_1.jpg', 'C_IMG_1.jpg'],
    );
  }
});
