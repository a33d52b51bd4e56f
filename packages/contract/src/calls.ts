/** The two families of projects and where their routes live. A project's uuid is a 404 in the other family. */
export const FAMILIES = {
  profile: { prefix: '/v1/projects', title: 'Profile-based flow' },
  'smart-editing': { prefix: '/v1/i2i/projects', title: 'Smart Editing' },
} as const;

export type Family = keyof typeof FAMILIES;

/** Every call of the API, by method and path below its family's prefix; `:name` stands for a path parameter. */
export const CALLS = {
  createProject: { method: 'POST', path: '' },
  listProjects: { method: 'GET', path: '' },
  isValidName: { method: 'GET', path: '/is_valid_name' },
  projectUuid: { method: 'GET', path: '/:name/uuid' },
  getProject: { method: 'GET', path: '/:project_uuid' },
  uploadLinks: { method: 'POST', path: '/:project_uuid/get_temporary_upload_links' },
  uploadLink: { method: 'GET', path: '/:project_uuid/get_upload_link' },
  startMultipart: { method: 'POST', path: '/:project_uuid/multipart_uploads' },
  listMultiparts: { method: 'GET', path: '/:project_uuid/multipart_uploads' },
  getMultipart: { method: 'GET', path: '/:project_uuid/multipart_uploads/:upload_id' },
  partLinks: { method: 'POST', path: '/:project_uuid/multipart_uploads/:upload_id/part_links' },
  completeMultipart: { method: 'POST', path: '/:project_uuid/multipart_uploads/:upload_id/complete' },
  abortMultipart: { method: 'DELETE', path: '/:project_uuid/multipart_uploads/:upload_id' },
  listFiles: { method: 'GET', path: '/:project_uuid/files' },
  getFile: { method: 'GET', path: '/:project_uuid/files/:file_name' },
} as const;

export type CallName = keyof typeof CALLS;

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
