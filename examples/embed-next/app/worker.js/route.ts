// GET /worker.js: a worker must come from the page's own origin. This one loads darkslide's.
const { DARKSLIDE_URL = 'http://127.0.0.1:8080' } = process.env;

/** Made for each request, so that the URL is that of the running server, not of the build. */
export const dynamic = 'force-dynamic';

export function GET(): Response {
  const headers = { 'content-type': 'text/javascript' };
  return new Response(`import '${DARKSLIDE_URL}/upload/worker.js';\n`, { headers });
}
