import { randomBytes } from 'node:crypto';
import { EMPTY_TYPE, exchange, LinkRefusedError } from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import type { Subject } from './subject.ts';
import { whereClientsAre } from './where-clients-are.ts';

/** The two ways in which correct clients send an empty content type. */
const SENT = [EMPTY_TYPE, {}] as const;

/** A name with all that has to be encoded. */
export const FILE_NAME = 'Größe +1 & 100%.NEF';
export const FILE_BYTES = randomBytes(16);

/** Uploads and downloads by link, as clients make them. */
export function linkChecks(subject: Subject): Check[] {
  return [
    { name: 'links', isFoundation: true, ask: () => askServerLinks(subject) },
    { name: 'clients', ask: () => whereClientsAre(subject, () => askClientLinks(subject)) },
    { name: 'headers', ask: () => whereClientsAre(subject, () => askUnsignedHeaders(subject)) },
    { name: 'etags', ask: () => askETags(subject) },
    { name: 'conditions', ask: () => askConditions(subject) },
  ];
}

/** The links that this machine itself can use. */
async function askServerLinks(subject: Subject): Promise<Outcome> {
  const signed =
    'content-type' in (await subject.habits()).putHeaders ? 'the host and an empty content type' : 'the host alone';
  return { status: 'ok', message: `Uploads by link are taken; links sign ${signed}` };
}

/** Links as clients get them, to where clients reach storage, used in both ways, and the way back. */
async function askClientLinks(subject: Subject): Promise<Outcome> {
  const { config, sandbox } = subject;
  const links = await subject.clientLinks();
  const key = sandbox.key(FILE_NAME);
  for (const headers of SENT) {
    const response = await exchange(links.put(key), { method: 'PUT', headers, body: FILE_BYTES });
    if (response.status === 403 && config.signContentType !== 'auto') return refusedType(headers);
    if (response.status !== 200) throw new LinkRefusedError(response);
  }
  const { status, body } = await exchange(links.get(key, FILE_NAME), { method: 'GET' });
  if (status !== 200) throw new LinkRefusedError({ status, code: '' });
  if (!body.equals(FILE_BYTES)) return changed();
  const at = config.publicEndpoint === undefined ? '' : ` at ${config.publicEndpoint}`;
  return { status: 'ok', message: `Both kinds of clients can upload${at}, and downloads give the same bytes` };
}

function refusedType(headers: (typeof SENT)[number]): Outcome {
  const kind = 'content-type' in headers ? 'an empty content type' : 'no content type';
  const message = `Clients that send ${kind} are refused`;
  return { status: 'wrong', message, remedy: 'leave DARKSLIDE_S3_SIGN_CONTENT_TYPE at auto' };
}

/** Whether a link can read another object, by a header that it does not sign: Ceph RGW allows it. */
async function askUnsignedHeaders(subject: Subject): Promise<Outcome> {
  const { bucket, sandbox } = subject;
  const links = await subject.clientLinks();
  const source = sandbox.key('source of a copy');
  const stored = await exchange(links.put(source), { method: 'PUT', headers: EMPTY_TYPE, body: FILE_BYTES });
  if (stored.status !== 200) throw new LinkRefusedError(stored);
  const headers = { ...EMPTY_TYPE, 'x-amz-copy-source': `/${bucket}/${encodeURI(source)}` };
  const { status } = await exchange(links.put(sandbox.key('copy')), { method: 'PUT', headers, body: Buffer.of() });
  if (status !== 200) return { status: 'ok', message: 'Headers that a link does not sign are refused' };
  return {
    status: 'warning',
    message: 'A client with a link can copy any photo whose key it knows, by a header that the link does not sign',
    remedy:
      'let clients reach the storage only through a proxy that refuses such headers (docs/operations.md, "Ceph RGW")',
  };
}

function changed(): Outcome {
  const message = 'A download gave other bytes than were uploaded';
  return { status: 'wrong', message, remedy: 'take away what changes bodies between this machine and the storage' };
}

async function askETags(subject: Subject): Promise<Outcome> {
  const { etagIsMd5 } = await subject.habits();
  if (etagIsMd5) {
    return { status: 'ok', message: 'ETags are MD5s, so that what arrives is compared with what was sent' };
  }
  return {
    status: 'warning',
    message: 'ETags are not MD5s, so that files are compared by size alone',
    remedy: 'let the storage encrypt with keys of its own (SSE-S3), not with those of a key service',
  };
}

/** Whether storage keeps by itself what has arrived from the holders of upload tokens. */
async function askConditions(subject: Subject): Promise<Outcome> {
  const { put, complete } = (await subject.habits()).conditions;
  if (put && complete) {
    return { status: 'ok', message: 'Storage itself keeps upload tokens from replacing files, by PUT and by complete' };
  }
  if (put) {
    return {
      status: 'warning',
      message:
        'Storage completes multipart uploads whatever the condition, so the server looks just before whether the file has arrived: one that arrives in that moment is replaced',
      remedy: 'do not upload with an API key the files that upload tokens are for (docs/storage.md)',
    };
  }
  return {
    status: 'warning',
    message: 'Storage heeds no condition of a PUT, so upload tokens get no links for single PUTs',
    remedy:
      'let their clients use multipart uploads, as darkslide upload does, or take another storage (docs/storage.md)',
  };
}
