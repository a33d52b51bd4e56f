/** The two families of projects and where their routes live. A project's uuid is a 404 in the other family. */
export const FAMILIES = {
  profile: { prefix: '/v1/projects', title: 'Profile-based flow' },
  'smart-editing': { prefix: '/v1/i2i/projects', title: 'Smart Editing' },
} as const;

export type Family = keyof typeof FAMILIES;

/** What an API key may do, least first: each scope includes those before it. */
export const KEY_SCOPES = ['read', 'upload', 'admin'] as const;

export type KeyScope = (typeof KEY_SCOPES)[number];

export const includesScope = (held: KeyScope, needed: KeyScope) =>
  KEY_SCOPES.indexOf(held) >= KEY_SCOPES.indexOf(needed);

type CallAccess = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** What the API key needs at least. */
  scope: KeyScope;
  /** An upload token of the project will do as well. */
  byToken?: true;
};

/**
 * Every call of the API, by method and path below its family's prefix, and who may make it; `:name` stands for a path
 * parameter.
 */
export const CALLS = {
  createProject: { method: 'POST', path: '', scope: 'upload' },
  listProjects: { method: 'GET', path: '', scope: 'read' },
  isValidName: { method: 'GET', path: '/is_valid_name', scope: 'read' },
  projectUuid: { method: 'GET', path: '/:name/uuid', scope: 'read' },
  getProject: { method: 'GET', path: '/:project_uuid', scope: 'read' },
  deleteProject: { method: 'DELETE', path: '/:project_uuid', scope: 'admin' },
  uploadLinks: { method: 'POST', path: '/:project_uuid/get_temporary_upload_links', scope: 'upload', byToken: true },
  uploadLink: { method: 'GET', path: '/:project_uuid/get_upload_link', scope: 'upload', byToken: true },
  startMultipart: { method: 'POST', path: '/:project_uuid/multipart_uploads', scope: 'upload', byToken: true },
  listMultiparts: { method: 'GET', path: '/:project_uuid/multipart_uploads', scope: 'read', byToken: true },
  getMultipart: { method: 'GET', path: '/:project_uuid/multipart_uploads/:upload_id', scope: 'read', byToken: true },
  partLinks: {
    method: 'POST',
    path: '/:project_uuid/multipart_uploads/:upload_id/part_links',
    scope: 'upload',
    byToken: true,
  },
  completeMultipart: {
    method: 'POST',
    path: '/:project_uuid/multipart_uploads/:upload_id/complete',
    scope: 'upload',
    byToken: true,
  },
  abortMultipart: {
    method: 'DELETE',
    path: '/:project_uuid/multipart_uploads/:upload_id',
    scope: 'upload',
    byToken: true,
  },
  listFiles: { method: 'GET', path: '/:project_uuid/files', scope: 'read', byToken: true },
  getFile: { method: 'GET', path: '/:project_uuid/files/:file_name', scope: 'read' },
  listShots: { method: 'GET', path: '/:project_uuid/shots', scope: 'read' },
  deleteFile: { method: 'DELETE', path: '/:project_uuid/files/:file_name', scope: 'admin' },
  mintUploadToken: { method: 'POST', path: '/:project_uuid/upload_tokens', scope: 'admin' },
  listUploadTokens: { method: 'GET', path: '/:project_uuid/upload_tokens', scope: 'admin' },
  revokeUploadToken: { method: 'DELETE', path: '/:project_uuid/upload_tokens/:token_id', scope: 'admin' },
} as const satisfies Record<string, CallAccess>;

export type CallName = keyof typeof CALLS;

/** Where an upload token learns what it is for. Of no family: the token does not know its project's yet. */
export const OWN_TOKEN_PATH = '/v1/upload_token';

/** What happened in all projects of an account, of either family. */
export const EVENTS_PATH = '/v1/events';

/** Whether an upload token may make the call, on its own project. */
export const takesUploadToken = (call: CallName) => (CALLS[call] as CallAccess).byToken === true;

/**
 * The path of a call in a family, with its parameters filled in and percent-encoded.
 * @throws {TypeError} when a parameter of the path is missing.
 */
export function callPath(family: Family, call: CallName, params: Record<string, string> = {}): string {
  const path = CALLS[call].path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`The path of ${call} needs ${name}.`);
    return encodeURIComponent(value);
  });
  return FAMILIES[family].prefix + path;
}
