/**
 * How much of S3 the embedded store has, by the tests of others: ceph/s3-tests, and the groups of versity/versitygw's
 * tests that are about links and multipart. Both are run from checkouts, which are not part of the project:
 *
 *   node scripts/s3-compatibility.ts --s3-tests DIR --versitygw DIR [--write]
 *
 * Each failure has its reason in acceptance/s3/compatibility.json; one without a reason, and a reason without a failure,
 * make the script fail. `--write` puts the figures into docs/storage.md. Takes about ten minutes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStore } from '@darkslide/store';
import { runOk } from '@darkslide/testkit';
import { ROOT } from './run.ts';
import { runS3Tests } from './s3-compatibility/s3-tests.ts';
import { type Suite, writeCompatibility } from './s3-compatibility/table.ts';
import { runVersitygw } from './s3-compatibility/versitygw.ts';

const { values: options } = parseArgs({
  options: {
    's3-tests': { type: 'string' },
    versitygw: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const CREDENTIALS = { accessKeyId: 'COMPATIBILITY', secretAccessKey: 'a-secret-of-the-compatibility-run-alone' };
const known = JSON.parse(await readFile(join(ROOT, 'acceptance', 's3', 'compatibility.json'), 'utf8'));

/** A store of its own for each suite, reachable from this machine alone. */
async function onFreshStore<T>(run: (store: { endpoint: string; credentials: typeof CREDENTIALS }) => Promise<T>) {
  const folder = await mkdtemp(join(tmpdir(), 'darkslide-compatibility-'));
  const limits = { reservedBytes: 1024 * 1024 };
  const store = await startStore({
    dataDir: join(folder, 'store'),
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    bucket: 'not-of-the-tests',
    limits,
  });
  try {
    return await run({ endpoint: store.url, credentials: CREDENTIALS });
  } finally {
    await store.close({ graceMs: 0 });
    await rm(folder, { recursive: true, force: true });
  }
}

async function commitOf(folder: string): Promise<string> {
  const { stdout } = await runOk('git', ['-C', folder, 'log', '-1', '--format=%h of %cs']);
  return stdout.trim();
}

const suites: Suite[] = [];
for (const { name, folder, run } of [
  { name: 'ceph/s3-tests', folder: options['s3-tests'], run: runS3Tests },
  { name: 'versity/versitygw', folder: options.versitygw, run: runVersitygw },
]) {
  if (folder === undefined) continue;
  const { leftOut, failures } = known[name];
  const results = await onFreshStore((store) => run(folder, { ...store, leftOut }));
  suites.push({ name, commit: await commitOf(folder), leftOut, reasons: failures, results });
}
if (suites.length === 0) throw new Error('Name a checkout: --s3-tests DIR, --versitygw DIR.');

let stale = false;
for (const { name, results, reasons } of suites) {
  const passed = results.filter(({ passes }) => passes).length;
  console.log(`${name}: ${passed} of ${results.length} pass`);
  for (const { test, passes, said } of results) {
    if (passes !== test in reasons) continue;
    stale = true;
    console.log(passes ? `  ${test} passes: take its reason away` : `  ${test} fails without a reason: ${said}`);
  }
}
if (options.write) await writeCompatibility(suites);
process.exitCode = stale ? 1 : 0;
