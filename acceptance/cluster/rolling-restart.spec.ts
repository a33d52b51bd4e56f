import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startCluster } from '../support/cluster.ts';
import { Load } from '../support/load.ts';

it('restarts node by node, and nobody notices [L9.4, L9.17]', { timeout: 180_000 }, async () => {
  const cluster = await startCluster();
  const load = new Load(cluster);
  await cluster.restartInTurn();
  const { retried, acknowledged } = await load.stop();
  assert.deepEqual(Object.fromEntries(retried), {});
  assert.ok(acknowledged.length > 0);
  const answers = await cluster.nginx.answers();
  const failed = answers.filter(({ status, path }) => status >= 400 && path.startsWith('/v1'));
  assert.deepEqual(failed, []);
});
