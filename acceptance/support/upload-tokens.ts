import { Api, data } from './api.ts';

export type MintBody = {
  expires_in?: number;
  allowed_names?: string[] | null;
  max_bytes?: number | null;
  max_files?: number | null;
  title?: string | null;
};

export type MintedToken = {
  token_id: string;
  token: string;
  expires_at: string;
  allowed_names: string[] | null;
  max_bytes: number | null;
  max_files: number | null;
  title: string | null;
};

export type ListedToken = Omit<MintedToken, 'token'> & {
  created_at: string;
  last_used_at: string | null;
  files: number;
  bytes: number | null;
};

/** An upload token for a project, and the calls made with it. */
export async function mintToken(api: Api, project: string, body: MintBody = {}): Promise<MintedToken & { api: Api }> {
  const minted = data<MintedToken>(await api.post(`${project}/upload_tokens`, body));
  return { ...minted, api: new Api({ apiUrl: api.url, apiKey: minted.token }) };
}

export async function listTokens(api: Api, project: string): Promise<ListedToken[]> {
  return data<{ upload_tokens: ListedToken[] }>(await api.get(`${project}/upload_tokens`)).upload_tokens;
}
