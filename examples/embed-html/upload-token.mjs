// Asks darkslide for an upload token. The API key never leaves the server.
const { DARKSLIDE_URL = 'http://127.0.0.1:8080', DARKSLIDE_API_KEY } = process.env;
const TOKEN_SECONDS = 7 * 86_400;
/** A customer who comes gets at least this long. */
const MIN_SECONDS = 86_400;
const MAX_FILES = 5000;

/** Tokens by customer. Keep them in your own database: a restart forgets these. */
const kept = new Map();

/**
 * What a page needs to upload into the customer's project. A customer who comes back gets the same token, to resume:
 * another one can neither replace nor skip what is stored.
 */
export function uploadTokenFor(customer) {
  const { access, until } = kept.get(customer) ?? { until: 0 };
  if (Date.now() < until) return access;
  const created = createToken(customer);
  kept.set(customer, { access: created, until: Date.now() + (TOKEN_SECONDS - MIN_SECONDS) * 1000 });
  created.catch(() => kept.delete(customer));
  return created;
}

/** With the token a page uploads into this one project until it expires, and can do nothing else. */
async function createToken(customer) {
  const name = `Photos of ${customer}`;
  const limits = { expires_in: TOKEN_SECONDS, max_files: MAX_FILES, title: name };
  const { token } = await call('POST', `/${await projectNamed(name)}/upload_tokens`, limits);
  return { server: DARKSLIDE_URL, token, customer };
}

/** The project's uuid. It is created when it is first asked for. You can keep the uuid in your own database instead. */
async function projectNamed(name) {
  const project = await call('POST', '/', { name }).catch((error) => {
    if (error.cause !== 'project_name_taken') throw error;
    return call('GET', `/${encodeURIComponent(name)}/uuid`);
  });
  return project.project_uuid;
}

async function call(method, path, body) {
  const response = await fetch(`${DARKSLIDE_URL}/v1/projects${path}`, {
    method,
    headers: { 'x-api-key': DARKSLIDE_API_KEY, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { data, error } = await response.json();
  if (error) throw new Error(error.message, { cause: error.code });
  return data;
}
