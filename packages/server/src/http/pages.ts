import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './errors.ts';

/** A page's files. `name` is the path below the page; that of the page itself is empty. */
type Page = { name: string; type: string; text: string };

export type UploadPage = {
  /** Called once, when the page is first asked for. */
  load: () => Promise<Page[]>;
  /** The origin that photos are sent to. */
  storageOrigin: () => Promise<string>;
};

type Loaded = { type: string; text: string; etag: string };

const PATH = '/upload';

/**
 * Serves the page for uploads by link. It has no secrets: the upload token is in the fragment of its address, which no
 * browser sends.
 */
export function registerUploadPage(app: FastifyInstance, { load, storageOrigin }: UploadPage): void {
  let loading: Promise<{ files: Map<string, Loaded>; policy: string }> | undefined;
  const loaded = () => {
    loading ??= Promise.all([load(), storageOrigin()]).then(([pages, origin]) => ({
      files: new Map(pages.map(({ name, type, text }) => [name, { type, text, etag: etagOf(text) }])),
      policy: policyFor(origin),
    }));
    // The next request tries again.
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
  const serve = async (request: FastifyRequest<{ Params: { name?: string } }>, reply: FastifyReply) => {
    const { name = '' } = request.params;
    // The page's links are relative to this place.
    if (name === '' && pathOf(request.url).endsWith('/')) return reply.redirect('../upload', 308);
    const { files, policy } = await loaded();
    const file = files.get(name);
    if (!file) return reply.callNotFound();
    reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      etag: file.etag,
    });
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
    return reply.type(file.type).send(file.text);
  };
  const hidden = { schema: { hide: true } };
  app.get(PATH, hidden, serve);
  app.get(`${PATH}/:name`, hidden, serve);
}

const etagOf = (text: string) => `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;

/** Nothing but the page's own scripts, API and storage. `'wasm-unsafe-eval'`: MD5 is computed in WebAssembly. */
const policyFor = (storageOrigin: string) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "worker-src 'self'",
    'img-src data:',
    `connect-src 'self' ${storageOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html darkslide',
  ].join('; ');
