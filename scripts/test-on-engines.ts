/** The suite of the server's S3 adapter on real engines, one after the other: Ceph RGW and SeaweedFS. */
import { startCephRgw, startSeaweedfs } from '@darkslide/testkit';
import { run } from './run.ts';

for (const start of [startCephRgw, startSeaweedfs]) {
  const { name, s3, remove } = await start();
  console.log(name);
  const env = {
    DARKSLIDE_TEST_S3_ENDPOINT: s3.endpoint,
    DARKSLIDE_TEST_S3_BUCKET: s3.bucket,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  };
  try {
    await run('node', ['--test', 'packages/server/src/s3/s3-object-store.test.ts'], { env });
  } finally {
    await remove();
  }
}
