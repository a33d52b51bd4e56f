import { apiError, type CallName, type Family } from '@darkslide/contract';
import type { ROUTES } from '@darkslide/contract/routes';
import type { Static, TSchema } from 'typebox';
import type { Arrivals } from '../arrivals/arrivals.ts';
import type { Scope } from '../base/scope.ts';
import type { Deletion } from '../deletion/deletion.ts';
import type { Caller } from '../keys/caller.ts';
import type { UploadLinks } from '../links/links.ts';
import type { MultipartUploads } from '../multipart/multipart.ts';
import type { UploadEnding } from '../multipart/upload-completion.ts';
import type { Shots } from '../photos/shots.ts';
import type { Projects } from '../projects/projects.ts';
import type { UploadTokens } from '../tokens/upload-tokens.ts';
import { readCursor, readNumberCursor, writeCursor } from './cursor.ts';

type Table = typeof ROUTES;
type StaticOf<Route, Field extends string> =
  Route extends Record<Field, infer Schema extends TSchema> ? Static<Schema> : undefined;

/** What a route passes on: the caller, the flow and the input, all of it checked by the contract's schemas. */
export type Call<Name extends CallName> = {
  accountId: number;
  caller: Caller;
  family: Family;
  params: StaticOf<Table[Name], 'params'>;
  query: StaticOf<Table[Name], 'query'>;
  body: StaticOf<Table[Name], 'body'>;
};

/** One for each route: returns the `data` of its response, or nothing for a 204. */
export type Handlers = {
  [Name in CallName]: (call: Call<Name>) => Promise<StaticOf<Table[Name], 'data'>>;
};

/** The rules that the routes lead to. */
export type Rules = {
  projects: Projects;
  links: UploadLinks;
  arrivals: Arrivals;
  shots: Shots;
  multipart: MultipartUploads;
  ending: UploadEnding;
  deletion: Deletion;
  uploadTokens: UploadTokens;
};

type Identity = { accountId: number; caller: Caller; family: Family };
type OfProject = Identity & { params: { project_uuid: string } };

export function createHandlers(rules: Rules): Handlers {
  const { projects, links, arrivals, shots, multipart, ending, deletion, uploadTokens } = rules;
  const projectOf = (call: OfProject) => projects.find(scopeOf(call), call.params.project_uuid);

  return {
    createProject: async (call) => ({ project_uuid: await projects.create(scopeOf(call), call.body.name) }),
    listProjects: (call) => {
      const { size, page, is_archived: archived = false } = call.query;
      return projects.list(scopeOf(call), { size, page, archived });
    },
    isValidName: async (call) => ({ is_valid: await projects.isFree(scopeOf(call), call.query.name) }),
    projectUuid: async (call) => ({ project_uuid: await projects.uuidOf(scopeOf(call), call.params.name) }),
    deleteProject: async (call) => ({ is_deleted: await deletion.deleteProject(await projectOf(call)) }),
    getProject: (call) => projects.get(scopeOf(call), call.params.project_uuid),

    uploadLinks: async (call) => ({ files_list: await links.issue(await projectOf(call), call.body.files_list) }),
    uploadLink: async (call) => {
      const [link] = await links.issue(await projectOf(call), [call.query]);
      if (link === undefined) throw apiError('internal_error', {});
      return link;
    },

    startMultipart: async (call) => multipart.start(await projectOf(call), call.body),
    listMultiparts: async (call) => {
      const { cursor, limit } = call.query;
      const { uploads, next } = await multipart.list(await projectOf(call), { after: readNumberCursor(cursor), limit });
      return { uploads, next_cursor: writeCursor(next) };
    },
    getMultipart: async (call) => multipart.get(await projectOf(call), call.params.upload_id),
    partLinks: async (call) =>
      multipart.partLinks(await projectOf(call), call.params.upload_id, call.body.part_numbers),
    completeMultipart: async (call) => ending.complete(await projectOf(call), call.params.upload_id, call.body),
    abortMultipart: async (call) => {
      await ending.abort(await projectOf(call), call.params.upload_id, call.body);
      return undefined;
    },

    listFiles: async (call) => {
      const { cursor, limit } = call.query;
      const project = await projectOf(call);
      const page = { after: readCursor(cursor), limit };
      const { files, next } =
        project.token === undefined
          ? await arrivals.list(project, page)
          : await arrivals.listOfToken(project, project.token, page);
      return { files, next_cursor: writeCursor(next) };
    },
    getFile: async (call) => arrivals.get(await projectOf(call), call.params.file_name),

    listShots: async (call) => {
      const { cursor, limit } = call.query;
      const { page, next } = await shots.list(await projectOf(call), { cursor: readCursor(cursor), limit });
      return { ...page, next_cursor: writeCursor(next) };
    },

    deleteFile: async (call) => {
      await deletion.deleteFile(await projectOf(call), call.params.file_name);
      return undefined;
    },

    mintUploadToken: async (call) => uploadTokens.mint(await projectOf(call), keyIdOf(call), call.body),
    listUploadTokens: async (call) => {
      const { cursor, limit } = call.query;
      const page = await uploadTokens.list(await projectOf(call), { after: readNumberCursor(cursor), limit });
      return { upload_tokens: page.upload_tokens, next_cursor: writeCursor(page.next) };
    },
    revokeUploadToken: async (call) => {
      await uploadTokens.revoke(await projectOf(call), call.params.token_id);
      return undefined;
    },
  };
}

/** Who asks, and nothing of what they ask for. */
function scopeOf({ accountId, family, caller }: Identity): Scope {
  return { accountId, family, token: caller.kind === 'token' ? caller.token : undefined };
}

function keyIdOf({ caller }: { caller: Caller }): number {
  if (caller.kind === 'key') return caller.keyId;
  throw apiError('api_key_required', {});
}
