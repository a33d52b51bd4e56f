import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHarness, MIB, photo } from '../../test/fakes/harness.ts';
import type { MemoryFile } from '../../test/fakes/memory-source.ts';
import type { ReadBackProgress } from './read-back.ts';

/** A shoot that is stored, and how its read-back goes. */
async function stored(files: readonly MemoryFile[]) {
  const harness = createHarness();
  const { client, clock, cloud } = harness;
  await harness.upload(files);
  const { uuid: projectUuid } = cloud.project;
  return {
    ...harness,
    downloads: () => cloud.calls.filter(({ kind }) => kind === 'get').length,
    spoil(name: string) {
      const file = cloud.project.files.get(name) ?? assert.fail(name);
      const bytes = Uint8Array.from(file.bytes);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      cloud.project.files.set(name, { ...file, bytes });
    },
    async readBack(local: readonly MemoryFile[] = files) {
      const plan = await client.planFiles({ files: local.map((file) => file.source()) });
      const progress: ReadBackProgress[] = [];
      const onProgress = (now: ReadBackProgress) => progress.push(now);
      const report = await clock.run(client.verifyPlan(plan, { projectUuid, readBack: true, onProgress }));
      assert.deepEqual(progress.at(-1), {
        files: { total: plan.files.length, done: plan.files.length },
        bytes: { total: plan.bytes, done: plan.bytes },
      });
      return Object.fromEntries(report.verdicts.map(({ name, verdict }) => [name, verdict]));
    },
  };
}

describe('reading back', () => {
  const files = [photo('a.NEF', 3000, 1), photo('b.NEF', 20 * MIB, 2), photo('c.NEF', 4000, 3)];

  test('finds whole what is whole, by downloading each file once', async () => {
    const shoot = await stored(files);
    assert.deepEqual(await shoot.readBack(), { 'a.NEF': 'same', 'b.NEF': 'same', 'c.NEF': 'same' });
    assert.equal(shoot.downloads(), 3);
  });

  test('finds bytes that changed where they are stored, which no list shows', async () => {
    const shoot = await stored(files);
    for (const name of ['a.NEF', 'b.NEF']) shoot.spoil(name);
    assert.deepEqual(await shoot.readBack(), { 'a.NEF': 'damaged', 'b.NEF': 'damaged', 'c.NEF': 'same' });
  });

  test('tells other files, missing and damaged ones apart', async () => {
    const shoot = await stored(files);
    const { project } = shoot.cloud;
    const damaged = project.files.get('c.NEF') ?? assert.fail();
    project.files.set('c.NEF', { ...damaged, damaged: true });
    const local = [photo('a.NEF', 3000, 9), photo('c.NEF', 4000, 3), photo('d.NEF', 10, 4)];
    assert.deepEqual(await shoot.readBack(local), { 'a.NEF': 'different', 'c.NEF': 'damaged', 'd.NEF': 'missing' });
  });

  for (const ignoresRanges of [false, true]) {
    test(`goes on where a connection broke${ignoresRanges ? ', also where ranges are ignored' : ''}`, async () => {
      const shoot = await stored(files);
      const { cloud } = shoot;
      cloud.ignoresRanges = ignoresRanges;
      let cuts = 6;
      cloud.fault = (target) => {
        if (target.kind !== 'get' || target.name !== 'b.NEF' || cuts-- <= 0) return undefined;
        return { afterBytes: MIB, answer: { fault: 'reset' } };
      };
      if (ignoresRanges) cuts = 3;
      assert.equal((await shoot.readBack())['b.NEF'], 'same');
    });
  }

  test('says of a file that storage does not give whole, and of no other, that it was not read', async () => {
    const shoot = await stored(files);
    shoot.cloud.fault = (target) =>
      target.kind === 'get' && target.name === 'b.NEF'
        ? { afterBytes: 0, answer: { status: 500, text: 'no' } }
        : undefined;
    assert.deepEqual(await shoot.readBack(), { 'a.NEF': 'same', 'b.NEF': 'unread', 'c.NEF': 'same' });
  });
});
