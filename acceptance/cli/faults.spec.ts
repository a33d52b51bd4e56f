import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  errorInside200,
  expiredLink,
  type Fault,
  internalError,
  type Photo,
  type ProxiedRequest,
  seededRandom,
  slowDown,
  tooManyRequests,
  writeShoot,
} from '@darkslide/testkit';
import { uniqueName } from '../support/api.ts';
import { startProxied } from '../support/proxied.ts';
import { assertWhole, sizeOf, summaryOf } from '../support/shoots.ts';

const { server, api, apiProxy, storageProxy, folder, client, remove } = await startProxied();
after(remove);

const MiB = 1024 * 1024;
const LIMIT = { timeout: 600_000 };
/** How many transfers the client is told to run. */
const TRANSFERS = 4;

function upload(path: string, project: string, ...more: string[]) {
  return client(['upload', path, '--project', project, '--json', '--concurrency', String(TRANSFERS), ...more]);
}

function heal() {
  apiProxy.heal();
  storageProxy.heal();
  storageProxy.bandwidth = undefined;
}

describe('darkslide upload over a bad network', () => {
  it('killed at 50 random moments, it sends again no more than was in flight', LIMIT, async () => {
    const sizes = [...Array.from({ length: 10 }, () => 4 * MiB), 200 * MiB, 90 * MiB];
    const photos = await writeShoot({ folder: join(folder, 'killed'), seed: 'killed', sizes });
    const project = uniqueName('Killed');
    const random = seededRandom(50);
    storageProxy.bandwidth = 60 * MiB;
    const before = storageProxy.counts.bytesIn;
    let kills = 0;
    for (; kills < 50; kills += 1) {
      const run = upload(join(folder, 'killed'), project);
      const moment = sleep(600 + random() * 1200, 'kill' as const);
      const first = await Promise.race([run.ended, moment]);
      if (first !== 'kill') break;
      run.child.kill('SIGKILL');
      await run.ended;
    }
    heal();
    const { code, stdout, stderr } = await upload(join(folder, 'killed'), project).ended;
    assert.equal(code, 0, stdout + stderr);
    assert.ok(kills >= 10, `${kills} kills`);
    const again = storageProxy.counts.bytesIn - before - sizeOf(photos);
    const parts = await assertWhole(api, project, photos);
    // All parts but the last are equal, so a part has at most this size.
    const unitOf = ({ name, size }: Photo) => size / Math.max((parts.get(name) ?? 1) - 1, 1);
    const allowed = kills * TRANSFERS * Math.max(...photos.map(unitOf));
    assert.ok(again <= allowed, `${again} bytes were sent again after ${kills} kills; ${allowed} are allowed`);
  });

  it('goes on where Ctrl-C ended it', LIMIT, async () => {
    const photos = await writeShoot({ folder: join(folder, 'stopped'), seed: 'stopped', sizes: [150 * MiB, 1000] });
    const project = uniqueName('Stopped');
    storageProxy.bandwidth = 40 * MiB;
    const run = upload(join(folder, 'stopped'), project);
    await sleep(2500);
    run.child.kill('SIGINT');
    const stopped = await run.ended;
    assert.equal(stopped.code, 130, stopped.stdout + stopped.stderr);
    assert.match(stopped.stdout, /Run the same command again/);
    heal();
    const { code, stdout } = await upload(join(folder, 'stopped'), project).ended;
    assert.equal(code, 0, stdout);
    assert.ok(summaryOf(stdout).bytes < sizeOf(photos));
    await assertWhole(api, project, photos);
  });

  it('waits for a server that is killed and comes back', LIMIT, async () => {
    const sizes = [...Array.from({ length: 20 }, () => 4 * MiB), 120 * MiB];
    const photos = await writeShoot({ folder: join(folder, 'outage'), seed: 'outage', sizes });
    const project = uniqueName('Outage');
    storageProxy.bandwidth = 40 * MiB;
    const run = upload(join(folder, 'outage'), project);
    await sleep(2500);
    await server.kill();
    await sleep(3000);
    await server.start();
    heal();
    const { code, stdout } = await run.ended;
    assert.equal(code, 0, stdout);
    await assertWhole(api, project, photos);
  });

  it('loses little where one request in twenty is reset', LIMIT, async () => {
    const sizes = Array.from({ length: 60 }, () => 3 * MiB);
    const photos = await writeShoot({ folder: join(folder, 'lossy'), seed: 'lossy', sizes });
    const project = uniqueName('Lossy');
    const before = storageProxy.counts.bytesIn;
    storageProxy.inject({ fault: { kind: 'reset', afterBytes: 'anywhere' }, chance: 0.05 });
    apiProxy.inject({ fault: { kind: 'lose-answer' }, chance: 0.05 });
    const { code, stdout } = await upload(join(folder, 'lossy'), project).ended;
    heal();
    assert.equal(code, 0, stdout);
    const sent = storageProxy.counts.bytesIn - before;
    assert.ok(sent <= 1.1 * sizeOf(photos), `${sent} bytes for ${sizeOf(photos)}`);
    await assertWhole(api, project, photos);
  });

  it('gets over a complete that is answered with 200 and an error', LIMIT, async () => {
    const shoot = { folder: join(folder, 'complete'), seed: 'complete', sizes: [70 * MiB, 3] };
    const photos = await writeShoot(shoot);
    const project = uniqueName('Complete');
    const completes = ({ method, path }: ProxiedRequest) => method === 'POST' && path.endsWith('/complete');
    apiProxy.inject({ fault: { kind: 'replace-answer', answer: errorInside200 }, match: completes, times: 2 });
    const { code, stdout } = await upload(shoot.folder, project).ended;
    heal();
    assert.equal(code, 0, stdout);
    await assertWhole(api, project, photos);
  });

  const faults: [string, Fault][] = [
    ['a reset in the middle of a body', { kind: 'reset', afterBytes: 1_000_000 }],
    ['500', { kind: 'answer', answer: internalError }],
    ['503 SlowDown', { kind: 'answer', answer: slowDown }],
    ['429 with Retry-After', { kind: 'answer', answer: tooManyRequests(1) }],
    ['an answer that is cut off', { kind: 'truncate-answer', afterBytes: 0 }],
    ['an answer that is lost', { kind: 'lose-answer' }],
    ['a link that has expired', { kind: 'answer', answer: expiredLink }],
    ['a wrong ETag', { kind: 'rewrite-header', name: 'ETag', value: `"${'0'.repeat(32)}"` }],
    ['a transfer that stalls', { kind: 'stall', afterBytes: 1_000_000 }],
  ];
  for (const [name, fault] of faults) {
    it(`gets over ${name}`, LIMIT, async () => {
      const shoot = { folder: join(folder, name.replaceAll(' ', '-')), seed: name, sizes: [2 * MiB, 3, 70 * MiB] };
      const photos = await writeShoot(shoot);
      const project = uniqueName('Fault');
      // Bodies large enough that each fault can strike in their middle.
      const strikes = ({ method, headers }: ProxiedRequest) =>
        method === 'PUT' && Number(headers['content-length']) > MiB;
      storageProxy.inject({ fault, match: strikes, skip: 1, times: 2 });
      const { code, stdout } = await upload(shoot.folder, project).ended;
      heal();
      assert.equal(code, 0, stdout);
      await assertWhole(api, project, photos);
    });
  }
});
