// Uploads a folder with the SDK, and writes down what failed. Run it again with the same name to resume.
//   DARKSLIDE_URL=http://127.0.0.1:8080 DARKSLIDE_API_KEY=… node upload.ts FOLDER [PROJECT NAME]
import { createClient, type UploadEvent } from '@darkslide/client';

const [folder, project = `TypeScript ${new Date().toISOString()}`] = process.argv.slice(2);
const { DARKSLIDE_URL: url = 'http://127.0.0.1:8080', DARKSLIDE_API_KEY: apiKey = '' } = process.env;
if (!folder) throw new Error('usage: node upload.ts FOLDER [PROJECT NAME]');

const client = createClient({ url, apiKey });
try {
  // Walks the folder, sends small files in one PUT and large ones in parts, retries, and checks every MD5.
  const summary = await client.upload({ project, paths: [folder], onEvent: report });
  // A file that fails does not make upload() throw: each file's result is in the summary.
  for (const result of summary.results) {
    if (result.status === 'failed') console.error(`${result.path}: ${result.message}`);
  }
  console.log(`project ${summary.projectUuid}`);
  console.log(`${summary.successful} uploaded, ${summary.skipped} there before, ${summary.failed} failed`);
  process.exitCode = summary.failed > 0 ? 1 : 0;
} finally {
  client.close();
}

function report(event: UploadEvent): void {
  if (event.type === 'retrying') console.error(`${event.name}: trying again: ${event.reason}`);
  if (event.type === 'progress') {
    const { files, bytes } = event.progress;
    console.error(`${files.successful} of ${files.total} files, ${bytes.done} of ${bytes.total} bytes`);
  }
}
