/** `npm test`: everything that the project can prove on a fresh machine. */
import { run, steps } from './run.ts';

await steps([
  { title: 'check', run: () => run('node', ['scripts/check.ts']) },
  { title: 'the server on PostgreSQL', run: () => run('node', ['scripts/test-on-postgres.ts']) },
  { title: 'exported documents are fresh', run: () => run('node', ['scripts/export-docs.ts', '--check']) },
  { title: 'packed tarballs install and run', run: () => run('node', ['scripts/pack-smoke.ts']) },
  { title: 'acceptance', run: () => run('node', ['acceptance/run.ts', '--profile', 'full']) },
  { title: 'Ceph RGW and SeaweedFS answer as told', run: () => run('node', ['scripts/test-on-engines.ts']) },
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
