import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrometheus } from './prometheus.ts';

const seriesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`));

test('whatever storages and clients make up, the series stay bounded, and nothing is left uncounted', async () => {
  const metrics = createPrometheus({ version: '0.0.0' });
  for (let number = 0; number < 1000; number++) {
    metrics.storageCalled({ operation: 'ListParts', seconds: 0.1, error: `Made${number}Up` });
    metrics.requestCompleted({ method: `M${number}`, route: undefined, status: 404, seconds: 0.1 });
    metrics.databaseQueried({ kind: `word${number}`, seconds: 0.1, failed: true });
  }
  const text = await metrics.render();
  const errors = seriesOf(text, 'darkslide_storage_errors_total');
  assert.equal(errors.length, 41);
  assert.ok(errors.includes('darkslide_storage_errors_total{operation="ListParts",code="other"} 960'));
  assert.deepEqual(seriesOf(text, 'darkslide_http_request_duration_seconds_count'), [
    'darkslide_http_request_duration_seconds_count{method="OTHER",route="none",status="4xx"} 1000',
  ]);
  assert.deepEqual(seriesOf(text, 'darkslide_database_errors_total'), [
    'darkslide_database_errors_total{kind="other"} 1000',
  ]);
});

test('a gauge that fails or hangs is left out, and the others are there', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const metrics = createPrometheus({ version: '0.0.0' });
  metrics.watch('open_uploads', () => Promise.reject(new Error('the database is down')));
  metrics.watch('store_bodies', () => new Promise(() => {}));
  metrics.watch('storage_calls_waiting', () => 3);
  const rendered = metrics.render();
  t.mock.timers.tick(2000);
  const text = await rendered;
  assert.match(text, /^darkslide_storage_calls_waiting 3$/m);
  for (const name of ['open_uploads', 'store_bodies']) {
    assert.doesNotMatch(text, new RegExp(`^darkslide_${name} `, 'm'));
  }
});
