// The server of a platform, in plain Node. It gives each customer an upload token, and serves the page that uploads.
//   DARKSLIDE_URL=http://127.0.0.1:8080 DARKSLIDE_API_KEY=… node server.mjs [FOLDER OF THE PAGE]
// The page calls darkslide from the browser: start darkslide with DARKSLIDE_ALLOWED_ORIGINS=http://localhost:3000.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { customerOf, signIn } from './sign-in.mjs';
import { uploadTokenFor } from './upload-token.mjs';

const { DARKSLIDE_URL = 'http://127.0.0.1:8080', PORT = '3000' } = process.env;
const [, , folder = import.meta.dirname] = process.argv;

const file = async (name, type) => ({ type, body: await readFile(join(folder, name)) });

const ROUTES = {
  'GET /': () => file('index.html', 'text/html; charset=utf-8'),
  'GET /page.js': () => file('page.js', 'text/javascript; charset=utf-8'),
  // A worker must come from the page's own origin. This one loads darkslide's.
  'GET /worker.js': () => ({ type: 'text/javascript', body: `import '${DARKSLIDE_URL}/upload/worker.js';\n` }),
  'GET /sign-in': ({ query }) => ({ status: 303, headers: { location: '/', 'set-cookie': signIn(query.get('as')) } }),
  // The session says who the customer is. Nothing else that the page sends does.
  'POST /upload-token': async ({ cookies }) => {
    const customer = customerOf(cookies);
    if (!customer) return { status: 401, body: { message: 'Sign in first.' } };
    return { body: await uploadTokenFor(customer) };
  },
};

async function respond({ method, url, headers }) {
  const [path, query] = url.split('?');
  const route = ROUTES[`${method} ${path}`] ?? (() => ({ status: 404, body: { message: 'There is no such page.' } }));
  try {
    return await route({ query: new URLSearchParams(query), cookies: headers.cookie });
  } catch (error) {
    console.error(error);
    return { status: 502, body: { message: 'Uploading does not work now. Try again later.' } };
  }
}

createServer(async (request, response) => {
  const { status = 200, headers, type = 'application/json', body = {} } = await respond(request);
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
  response.end(type === 'application/json' ? JSON.stringify(body) : body);
}).listen(Number(PORT), 'localhost', () => console.log(`Open http://localhost:${PORT}`));
