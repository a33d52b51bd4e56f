/**
 * The suite of the server's S3 adapter on real engines, and whether they answer as docs/storage.md says. With `--write`
 * (`npm run docs:storage`) what they answer is written there.
 */
import { Darkslide, probeStorage, type S3Access, startCephRgw, startSeaweedfs } from '@darkslide/testkit';
import { run } from './run.ts';
import { type Column, checkTable, writeTable } from './storage-table.ts';

async function runSuite({ endpoint, bucket, region, credentials }: S3Access): Promise<void> {
  const env = {
    DARKSLIDE_TEST_S3_ENDPOINT: endpoint,
    DARKSLIDE_TEST_S3_BUCKET: bucket,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  await run('node', ['--test', 'packages/server/src/storage/s3/s3-object-store.test.ts'], { env });
}

/** Its suite is among the unit tests. */
async function askEmbeddedStore(): Promise<Column> {
  const server = await Darkslide.start();
  try {
    return { engine: 'Embedded store', findings: await probeStorage(server.s3) };
  } finally {
    await server.remove();
  }
}

const columns = [await askEmbeddedStore()];
for (const start of [startCephRgw, startSeaweedfs]) {
  const engine = await start();
  try {
    console.log(engine.name);
    await runSuite(engine.s3);
    columns.push({ engine: engine.name, findings: await probeStorage(engine.s3) });
  } finally {
    await engine.remove();
  }
}
await (process.argv.includes('--write') ? writeTable : checkTable)(columns);
