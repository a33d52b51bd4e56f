// Asks darkslide for an upload token. The API key never leaves the server.
const { DARKSLIDE_URL = 'http://127.0.0.1:8080', DARKSLIDE_API_KEY = '' } = process.env;
const TOKEN_SECONDS = 7 * 86_400;
/** A customer who comes gets at least this long. */
const MIN_SECONDS = 86_400;
const MAX_FILES = 5000;

/** What a page needs to upload into the customer's project. */
export type Access = { server: string; token: string; customer: string };

/** Tokens by customer. Keep them in your own database: a restart, and each further process, forgets these. */
const kept = new Map<string, { access: Promise<Access>; until: number }>();

/** A customer who comes back gets the same token, to resume: another one can neither replace nor skip what is stored. */
export function uploadTokenFor(customer: string): Promise<Access> {
  const known = kept.get(customer);
  if (known && Date.now() < known.until) return known.access;
  const access = createToken(customer);
  kept.set(customer, { access, until: Date.now() + (TOKEN_SECONDS - MIN_SECONDS) * 1000 });
  access.catch(() => kept.delete(customer));
  return access;
}

/** With the token a page uploads into this one project until it expires, and can do nothing else. */
async function createToken(customer: string): Promise<Access> {
  const name = `Photos of ${customer}`;
  const limits = { expires_in: TOKEN_SECONDS, max_files: MAX_FILES, title: name };
  const { token } = await call<{ token: string }>('POST', `/${await projectNamed(name)}/upload_tokens`, limits);
  return { server: DARKSLIDE_URL, token, customer };
}

type Project = { project_uuid: string };

/** The project's uuid. It is created when it is first asked for. You can keep the uuid in your own database instead. */
async function projectNamed(name: string): Promise<string> {
  const project = await call<Project>('POST', '/', { name }).catch((error) => {
    if (error.cause !== 'project_name_taken') throw error;
    return call<Project>('GET', `/${encodeURIComponent(name)}/uuid`);
  });
  return project.project_uuid;
}

async function call<Data>(method: string, path: string, body?: object): Promise<Data> {
  const response = await fetch(`${DARKSLIDE_URL}/v1/projects${path}`, {
    method,
    headers: { 'x-api-key': DARKSLIDE_API_KEY, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    cache: 'no-store',
  });
  const { data, error } = await response.json();
  if (error) throw new Error(error.message, { cause: error.code });
  return data;
}
