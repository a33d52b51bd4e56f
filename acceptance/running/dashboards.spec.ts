import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Darkslide, root } from '@darkslide/testkit';
import { scrape } from '../support/metrics.ts';

const TOKEN = 'a-token-for-the-scraper';
const server = await Darkslide.start({ env: { DARKSLIDE_METRICS_TOKEN: TOKEN } });
after(() => server.remove());
const { names } = await scrape(`${server.apiUrl}/metrics`, TOKEN);

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Metrics of the server that an expression asks for; `up` is Prometheus's own. */
const asked = (text: string) => new Set(text.match(/\b(?:darkslide|nodejs|process)_[a-z0-9_]+/g));

type Panel = { title: string; targets?: { expr: string }[] };

describe('what operators are given', () => {
  it('draws and watches only what is exported [L9.11]', () => {
    const { panels } = JSON.parse(read('deploy/grafana/darkslide.json')) as { panels: Panel[] };
    const drawn = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    assert.ok(drawn.length > 20, `${drawn.length} expressions`);
    const rules = [...read('deploy/prometheus/alerts.yml').matchAll(/expr: (>\n(?: {10,}.*\n)+|.*\n)/g)];
    assert.ok(rules.length >= 10, `${rules.length} rules`);
    for (const expression of [...drawn, ...rules.map(([, text = '']) => text)]) {
      const unknown = [...asked(expression)].filter((name) => !names.has(name));
      assert.deepEqual(unknown, [], expression);
    }
  });

  it('draws every metric of our own [L9.11]', () => {
    const used = asked(read('deploy/grafana/darkslide.json'));
    const own = [...names].filter((name) => name.startsWith('darkslide_') && !/_(sum|bucket|count)$/.test(name));
    assert.deepEqual(
      own.filter((name) => !used.has(name)),
      [],
    );
  });

  it('explains every alarm [L9.11]', () => {
    const headings = new Set([...read('docs/operations.md').matchAll(/^#+ (\S+)$/gm)].map(([, heading]) => heading));
    const alarms = [...read('deploy/prometheus/alerts.yml').matchAll(/alert: (\w+)[\s\S]*?runbook: (\S+)/g)];
    for (const [, alarm, runbook] of alarms) {
      assert.ok(headings.has(alarm), `docs/operations.md explains ${alarm}`);
      assert.equal(runbook, `docs/operations.md#${alarm?.toLowerCase()}`);
    }
  });
});
