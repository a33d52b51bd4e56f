// Uploads the given files into a new project, with Node's fetch and no package. Large files go in parts.
//   DARKSLIDE_URL=http://127.0.0.1:8080 DARKSLIDE_API_KEY=… node upload.mjs DSC_0001.NEF DSC_0002.NEF
// It does not retry: for shoots over a real network use the SDK (../typescript).
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

const { DARKSLIDE_URL = 'http://127.0.0.1:8080', DARKSLIDE_API_KEY } = process.env;
const PART_BYTES = 16 * 1024 ** 2;
const MIN_MULTIPART_BYTES = 64 * 1024 ** 2;

async function call(method, path, body) {
  const response = await fetch(`${DARKSLIDE_URL}/v1/i2i/projects${path}`, {
    method,
    headers: { 'x-api-key': DARKSLIDE_API_KEY, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { data, error } = await response.json();
  // The message says what to do; the code is for programs.
  if (error) throw new Error(`${error.code}: ${error.message}`);
  return data;
}

/** Sends bytes by a link. A Blob is read from disk while it is sent, and has a length, which storage requires. */
async function put(link, blob) {
  const response = await fetch(link, { method: 'PUT', body: blob });
  if (!response.ok) throw new Error(`Storage refused the bytes with ${response.status}: ${await response.text()}`);
}

async function uploadWhole(project, fileName, blob) {
  const { files_list: links } = await call('POST', `/${project}/get_temporary_upload_links`, {
    files_list: [{ file_name: fileName }],
  });
  await put(links[0].upload_link, blob);
}

async function uploadInParts(project, fileName, blob) {
  const uploads = `/${project}/multipart_uploads`;
  const started = await call('POST', uploads, {
    file_name: fileName,
    part_count: Math.ceil(blob.size / PART_BYTES),
    size: blob.size,
  });
  for (const { part_number: number, upload_url: link } of started.parts) {
    await put(link, blob.slice((number - 1) * PART_BYTES, number * PART_BYTES));
  }
  // The server asks storage for the parts: no ETags to keep. A missing part is a 409 that names it.
  await call('POST', `${uploads}/${started.upload_id}/complete`, { file_name: fileName });
}

const { project_uuid: project } = await call('POST', '/', { name: `Node ${new Date().toISOString()}` });
console.log(`project ${project}`);
for (const path of process.argv.slice(2)) {
  const blob = await openAsBlob(path);
  const upload = blob.size < MIN_MULTIPART_BYTES ? uploadWhole : uploadInParts;
  await upload(project, basename(path), blob);
}
const { files } = await call('GET', `/${project}/files`);
for (const { status, size, file_name: name } of files) console.log(`${status} ${size} ${name}`);
