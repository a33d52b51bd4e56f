/**
 * A store in a process of its own, to be killed: `node store-process.ts DATA_DIR PORT [SCRUB_BYTES_PER_SECOND]`.
 * Prints `listening PORT` and, when the sweep at start is done, `swept`; or `error` and why it does not start. SIGTERM
 * closes it in order.
 */
import { startStore } from '../../src/index.ts';
import { BUCKET, CREDENTIALS } from './s3-client.ts';

const [dataDir = '', wantedPort = '0', scrubBytesPerSecond] = process.argv.slice(2);
process.once('SIGTERM', () => void starting.then((store) => store.close({ graceMs: 1000 })));
const starting = startStore({
  dataDir,
  host: '127.0.0.1',
  port: Number(wantedPort),
  credentials: CREDENTIALS,
  bucket: BUCKET,
  limits: { reservedBytes: 0, ...(scrubBytesPerSecond && { scrubBytesPerSecond: Number(scrubBytesPerSecond) }) },
  log: (entry) => {
    if (entry.type === 'sweep') console.log(`swept ${JSON.stringify(entry.lost)}`);
    if (entry.type === 'error') console.log(`error ${entry.message}`);
  },
});
try {
  const { port } = await starting;
  console.log(`listening ${port}`);
} catch (error) {
  console.log(`error ${(error as Error).message}`);
}
