import { type Api, type FamilyPath, putLink, type StartedUpload, uniqueName } from './api.ts';
import { mintToken } from './upload-tokens.ts';

/** A project in which every route has something to answer about. */
export type Fixture = {
  family: FamilyPath;
  project: string;
  uuid: string;
  name: string;
  /** A file that has arrived. */
  fileName: string;
  /** An upload whose one part has arrived, and one to be aborted. */
  open: StartedUpload & { fileName: string };
  spare: StartedUpload & { fileName: string };
  /** An upload token that works. */
  tokenId: string;
};

const bytes = Buffer.from('a small photo');
const TO_DELETE = 'DSC_0004.NEF';

export async function makeFixture(api: Api, family: FamilyPath): Promise<Fixture> {
  const name = uniqueName('Fixture');
  const project = await api.newProject(family, name);
  const fileName = 'DSC_0001.NEF';
  for (const name of [fileName, TO_DELETE]) await api.upload(project, name, bytes);
  const start = async (file: string) => {
    const upload = await api.startMultipart(project, { file_name: file, part_count: 1 });
    for (const { upload_url: url } of upload.parts) await putLink(url, bytes);
    return { ...upload, fileName: file };
  };
  return {
    family,
    project,
    uuid: project.slice(family.length + 1),
    name,
    fileName,
    open: await start('DSC_0002.NEF'),
    spare: await start('DSC_0003.NEF'),
    tokenId: (await mintToken(api, project)).token_id,
  };
}

export type RouteCall = { route: string; method: string; path: string; body?: object };

/** A call of each route that concerns a project. Complete and abort come last, on an upload each. */
export function projectCalls({ project, family, name, fileName, open, spare, tokenId }: Fixture): RouteCall[] {
  const upload = (id: string) => `${project}/multipart_uploads/${encodeURIComponent(id)}`;
  return [
    { route: 'get project', method: 'GET', path: project },
    { route: 'uuid by name', method: 'GET', path: `${family}/${encodeURIComponent(name)}/uuid` },
    {
      route: 'upload links',
      method: 'POST',
      path: `${project}/get_temporary_upload_links`,
      body: { files_list: [{ file_name: fileName }] },
    },
    { route: 'upload link', method: 'GET', path: `${project}/get_upload_link?file_name=${fileName}` },
    {
      route: 'start multipart',
      method: 'POST',
      path: `${project}/multipart_uploads`,
      body: { file_name: fileName, part_count: 1 },
    },
    { route: 'list uploads', method: 'GET', path: `${project}/multipart_uploads` },
    { route: 'get upload', method: 'GET', path: upload(open.upload_id) },
    {
      route: 'part links',
      method: 'POST',
      path: `${upload(open.upload_id)}/part_links`,
      body: { part_numbers: [1] },
    },
    { route: 'list files', method: 'GET', path: `${project}/files` },
    { route: 'get file', method: 'GET', path: `${project}/files/${fileName}` },
    { route: 'mint token', method: 'POST', path: `${project}/upload_tokens`, body: { max_files: 1 } },
    { route: 'list tokens', method: 'GET', path: `${project}/upload_tokens` },
    { route: 'revoke token', method: 'DELETE', path: `${project}/upload_tokens/${tokenId}` },
    {
      route: 'complete',
      method: 'POST',
      path: `${upload(open.upload_id)}/complete`,
      body: { file_name: open.fileName },
    },
    { route: 'abort', method: 'DELETE', path: upload(spare.upload_id), body: { key: spare.key } },
    { route: 'delete file', method: 'DELETE', path: `${project}/files/${TO_DELETE}` },
  ];
}

/** A call of each route that concerns a whole family. */
export function familyCalls(family: FamilyPath): RouteCall[] {
  return [
    { route: 'create project', method: 'POST', path: family, body: { name: uniqueName() } },
    { route: 'list projects', method: 'GET', path: `${family}?size=1` },
    { route: 'is valid name', method: 'GET', path: `${family}/is_valid_name?name=Smith` },
  ];
}

/** The same path with a slash after its last segment. */
export function withTrailingSlash(path: string): string {
  const [pathname, query] = path.split('?');
  return `${pathname}/${query === undefined ? '' : `?${query}`}`;
}
