import Type, { type TSchema } from 'typebox';
import { CALLS, type CallName, EVENTS_PATH, type KeyScope, OWN_TOKEN_PATH } from './calls.ts';
import type { ErrorCode } from './errors.ts';
import { EventList, EventsQuery } from './events.ts';
import { LIST_BODY_BYTES } from './limits.ts';
import * as schemas from './schemas.ts';

export { schemas };

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  scope: KeyScope;
  byToken?: true;
  summary: string;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** Largest body in bytes; MAX_BODY_BYTES by default. */
  maxBodyBytes?: number;
  /** The schema of `data`; undefined: 204 without a body. */
  data?: TSchema;
  /** What this route can refuse, besides what every route can. */
  errors: readonly ErrorCode[];
};

const Params = <const Names extends string>(...names: Names[]) =>
  Type.Object(
    Object.fromEntries(names.map((name) => [name, Type.String()])) as Record<Names, ReturnType<typeof Type.String>>,
  );

const OfProject = Params('project_uuid');
const OfUpload = Params('project_uuid', 'upload_id');

/** What the limits of an account and of an upload token can refuse. */
const LIMITS = [
  'quota_reached',
  'upload_token_full',
  'file_name_not_allowed',
  'file_exists',
  'size_required',
] as const satisfies readonly ErrorCode[];

/** Every call of the API with its contract; each family has them all. */
export const ROUTES = {
  createProject: {
    ...CALLS.createProject,
    summary: 'Create a project',
    body: schemas.CreateProjectBody,
    data: schemas.ProjectCreated,
    errors: ['invalid_project_name', 'project_name_taken'],
  },
  listProjects: {
    ...CALLS.listProjects,
    summary: 'List projects, newest first',
    query: schemas.ListProjectsQuery,
    data: schemas.ProjectList,
    errors: [],
  },
  isValidName: {
    ...CALLS.isValidName,
    summary: 'Whether a project could have this name',
    query: schemas.ProjectNameQuery,
    data: schemas.NameValidity,
    errors: [],
  },
  projectUuid: {
    ...CALLS.projectUuid,
    summary: "A project's uuid by its name",
    params: Params('name'),
    data: schemas.ProjectCreated,
    errors: ['project_not_found'],
  },
  getProject: {
    ...CALLS.getProject,
    summary: 'One project',
    params: OfProject,
    query: schemas.GetProjectQuery,
    data: schemas.Project,
    errors: ['project_not_found'],
  },
  deleteProject: {
    ...CALLS.deleteProject,
    summary: 'Delete a project with all its files; ask again until it is deleted',
    params: OfProject,
    data: schemas.ProjectDeleted,
    errors: ['project_not_found', 'upload_busy', 'storage_delete_refused'],
  },
  uploadLinks: {
    ...CALLS.uploadLinks,
    summary: 'One presigned link a file',
    params: OfProject,
    body: schemas.UploadLinksBody,
    maxBodyBytes: LIST_BODY_BYTES.names,
    data: schemas.UploadLinks,
    errors: [
      'project_not_found',
      'invalid_file_name',
      'duplicate_file_name',
      'invalid_md5',
      'single_put_unavailable',
      ...LIMITS,
    ],
  },
  uploadLink: {
    ...CALLS.uploadLink,
    summary: 'The presigned link of one file',
    params: OfProject,
    query: schemas.UploadLinkQuery,
    data: schemas.UploadLink,
    errors: ['project_not_found', 'invalid_file_name', 'invalid_md5', 'single_put_unavailable', ...LIMITS],
  },
  startMultipart: {
    ...CALLS.startMultipart,
    summary: 'Start a multipart upload',
    params: OfProject,
    body: schemas.StartMultipartBody,
    data: schemas.MultipartStarted,
    errors: [
      'project_not_found',
      'invalid_file_name',
      'invalid_part_count',
      'invalid_part_size',
      'invalid_md5',
      ...LIMITS,
    ],
  },
  listMultiparts: {
    ...CALLS.listMultiparts,
    summary: 'The open multipart uploads, oldest first',
    params: OfProject,
    query: schemas.PageQuery,
    data: schemas.MultipartUploadList,
    errors: ['project_not_found'],
  },
  getMultipart: {
    ...CALLS.getMultipart,
    summary: 'State of a multipart upload, and the parts that storage holds',
    params: OfUpload,
    data: schemas.MultipartUpload,
    errors: ['project_not_found', 'upload_not_found'],
  },
  partLinks: {
    ...CALLS.partLinks,
    summary: 'Fresh links for some parts',
    params: OfUpload,
    body: schemas.PartLinksBody,
    maxBodyBytes: LIST_BODY_BYTES.partNumbers,
    data: schemas.PartLinks,
    errors: ['project_not_found', 'upload_not_found', 'upload_completed', 'invalid_part_number'],
  },
  completeMultipart: {
    ...CALLS.completeMultipart,
    summary: 'Complete a multipart upload from the parts that storage lists',
    params: OfUpload,
    body: schemas.CompleteMultipartBody,
    data: schemas.MultipartCompleted,
    errors: [
      'project_not_found',
      'upload_not_found',
      'invalid_file_name',
      'invalid_md5',
      'upload_mismatch',
      'upload_parts_missing',
      'upload_part_too_small',
      'upload_size_mismatch',
      'upload_busy',
      'file_exists',
    ],
  },
  abortMultipart: {
    ...CALLS.abortMultipart,
    summary: 'Abort a multipart upload and free its parts',
    params: OfUpload,
    body: schemas.AbortMultipartBody,
    errors: ['project_not_found', 'upload_not_found', 'upload_mismatch', 'upload_completed', 'upload_busy'],
  },
  listFiles: {
    ...CALLS.listFiles,
    summary: 'The files of a project, by name',
    params: OfProject,
    query: schemas.PageQuery,
    data: schemas.FileList,
    errors: ['project_not_found'],
  },
  getFile: {
    ...CALLS.getFile,
    summary: 'One file, with a link to download the original',
    params: Params('project_uuid', 'file_name'),
    data: schemas.FileWithDownload,
    errors: ['project_not_found', 'invalid_file_name', 'file_not_found'],
  },
  listShots: {
    ...CALLS.listShots,
    summary: 'The uploaded photos as shots and sets, in the order of capture',
    params: OfProject,
    query: schemas.PageQuery,
    data: schemas.ShotList,
    errors: ['project_not_found', 'photos_not_read', 'too_many_photos', 'shots_changed'],
  },
  deleteFile: {
    ...CALLS.deleteFile,
    summary: 'Delete a file, and forget its name',
    params: Params('project_uuid', 'file_name'),
    errors: ['project_not_found', 'invalid_file_name', 'file_not_found', 'upload_busy', 'storage_delete_refused'],
  },
  mintUploadToken: {
    ...CALLS.mintUploadToken,
    summary: 'Make a token with which others upload into this project for a while',
    params: OfProject,
    body: schemas.MintUploadTokenBody,
    maxBodyBytes: LIST_BODY_BYTES.allowedNames,
    data: schemas.UploadTokenMinted,
    errors: ['project_not_found', 'invalid_file_name', 'quota_reached'],
  },
  listUploadTokens: {
    ...CALLS.listUploadTokens,
    summary: 'The upload tokens that work, oldest first',
    params: OfProject,
    query: schemas.PageQuery,
    data: schemas.UploadTokenList,
    errors: ['project_not_found'],
  },
  revokeUploadToken: {
    ...CALLS.revokeUploadToken,
    summary: 'End an upload token before its time',
    params: Params('project_uuid', 'token_id'),
    errors: ['project_not_found', 'upload_token_not_found'],
  },
} as const satisfies Record<CallName, Route>;

/** Of no family: what happened in the account's projects. For API keys of every scope. */
export const EVENTS_ROUTE = {
  method: 'GET',
  path: EVENTS_PATH,
  summary: 'What happened in all projects of the account, oldest first',
  query: EventsQuery,
  data: EventList,
  errors: [],
} as const;

/** Of no family: what an upload token is for. */
export const OWN_TOKEN_ROUTE = {
  method: 'GET',
  path: OWN_TOKEN_PATH,
  summary: 'What the upload token that asks is for, and how much of its limits is taken',
  data: schemas.OwnUploadToken,
  errors: ['upload_token_required'],
} as const;

/** What any authenticated route can refuse. */
export const COMMON_ERRORS = [
  'invalid_request',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'missing_api_key',
  'invalid_api_key',
  'upload_token_expired',
  'insufficient_scope',
  'api_key_required',
  'rate_limited',
  'storage_unavailable',
  'database_unavailable',
  'server_busy',
  'shutting_down',
  'internal_error',
] as const satisfies readonly ErrorCode[];
