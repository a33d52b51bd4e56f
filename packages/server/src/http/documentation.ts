import { ERRORS, type ErrorCode } from '@darkslide/contract';
import { schemas } from '@darkslide/contract/routes';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** A film holder with its dark slide half drawn. */
const LOGO = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 168 40" width="168" height="40"><g fill="none" stroke="#fff" ' +
    'stroke-width="2"><rect x="3" y="9" width="34" height="28" rx="2"/><path d="M20 9V2h14v7M20 9v28"/></g>' +
    '<text x="48" y="28" fill="#fff" font-family="sans-serif" font-size="20">darkslide</text></svg>',
);

const API_KEY = {
  type: 'apiKey',
  in: 'header',
  name: 'x-api-key',
  description:
    'An API key. Each route names the scope that the key needs at least: `read`, `upload`, which includes it, or ' +
    '`admin`, which includes both.',
} as const;

const UPLOAD_TOKEN = {
  ...API_KEY,
  description: 'An upload token, in place of an API key, for uploading into its own project.',
} as const;

/** Collects the routes that are registered after it; serves the document at /openapi.json, and a page at /docs. */
export async function registerDocumentation(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema({ $id: 'Error', ...schemas.ErrorBody });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'darkslide',
        version,
        description:
          'Upload API for photo shoots: projects, presigned upload links, multipart uploads, and what has arrived. ' +
          'Photos go straight to object storage, never through this API.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { apiKey: API_KEY, uploadToken: UPLOAD_TOKEN } },
    },
    refResolver: { buildLocalReference: ({ $id }, _, __, index) => String($id ?? `schema-${index}`) },
    transform: ({ schema, url, route }) => {
      const response = { ...(schema.response ?? {}), ...errorResponses(route.config?.errors ?? []) };
      return { schema: { ...schema, response }, url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('The document is OpenAPI 3, not Swagger 2.');
      markOptionalBodies(document.openapiObject);
      markOptionalParameters(document.openapiObject);
      return document.openapiObject;
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list' },
    theme: { title: 'darkslide API' },
    logo: { type: 'image/svg+xml', content: LOGO },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/** One response a status, naming the codes that it can carry. In the document only: error bodies need no compiling. */
function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  const responses = [...byStatus].map(([status, codes]) => [
    status,
    { description: codes.join(', '), content: { 'application/json': { schema: { $ref: 'Error#' } } } },
  ]);
  return Object.fromEntries(responses);
}

type Document = { paths?: Record<string, unknown> };
type Operation = {
  parameters?: { required?: boolean; schema?: { default?: unknown } }[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: { required?: readonly string[] } }> };
};

/** A body of which every field is optional may be missing; the collector calls every body required. */
function markOptionalBodies({ paths = {} }: Document): void {
  for (const path of Object.values(paths)) {
    for (const { requestBody } of Object.values(path as Record<string, Operation>)) {
      const fields = requestBody?.content?.['application/json']?.schema?.required ?? [];
      if (requestBody !== undefined) requestBody.required = fields.length > 0;
    }
  }
}

/** What has a default may be left out; the collector calls it required. */
function markOptionalParameters({ paths = {} }: Document): void {
  for (const path of Object.values(paths)) {
    for (const { parameters = [] } of Object.values(path as Record<string, Operation>)) {
      for (const parameter of parameters) if (parameter.schema?.default !== undefined) parameter.required = false;
    }
  }
}
