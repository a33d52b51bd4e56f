/**
 * A store in a process of its own, to be killed: `node store-process.ts DATA_DIR PORT [SCRUB_BYTES_PER_SECOND]`. Prints `listening PORT` and,
 * when the sweep at start is done, `swept`.
 */
import { startStore } from '../../src/index.ts';
import { BUCKET, CREDENTIALS } from './s3-client.ts';

const [dataDir = '', port = '0', scrubBytesPerSecond] = process.argv.slice(2);
const store = await startStore({
  dataDir,
  host: '127.0.0.1',
  port: Number(port),
  credentials: CREDENTIALS,
  bucket: BUCKET,
  limits: { reservedBytes: 0, ...(scrubBytesPerSecond && { scrubBytesPerSecond: Number(scrubBytesPerSecond) }) },
  log: (entry) => {
    if (entry.type === 'sweep') console.log(`swept ${JSON.stringify(entry.lost)}`);
    if (entry.type === 'error') console.log(`error ${entry.message}`);
  },
});
console.log(`listening ${store.port}`);
