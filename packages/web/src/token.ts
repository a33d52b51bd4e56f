/// <reference lib="dom" />
import { type schemas, whyUnreachable } from '@darkslide/client/browser';

/** What an upload token is for, and its limits. */
export type TokenInfo = schemas.OwnUploadToken;

/** `refused`: the token does not work (any more). `away`: the server did not respond, or not as one. */
export type TokenProblem = { kind: 'refused' | 'away'; message: string };

const TIMEOUT_MS = 20_000;

/** Asks the server what a token is for. Never throws. */
export async function readToken(server: string, token: string): Promise<TokenInfo | TokenProblem> {
  const url = `${server.replace(/\/+$/, '')}/v1/upload_token`;
  try {
    const response = await fetch(url, {
      headers: { 'x-api-key': token },
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await response.json();
    if (response.ok && typeof body?.data?.project_uuid === 'string') return body.data as TokenInfo;
    const kind = response.status === 401 || response.status === 403 ? 'refused' : 'away';
    return { kind, message: String(body?.error?.message ?? `HTTP ${response.status}`) };
  } catch (error) {
    // What `fetch` says of a network is different in each browser, and means nothing to people.
    const isNetwork = error instanceof TypeError || !(error instanceof Error);
    return { kind: 'away', message: isNetwork ? `${whyUnreachable(url)}.` : error.message };
  }
}
