import { createPresigner } from '@darkslide/s3wire';
import { request } from '../http-client.ts';
import { outcome, type Probe, type Storage } from './storage.ts';

const SENT = { empty: { 'Content-Type': '' }, absent: {}, other: { 'Content-Type': 'image/jpeg' } };

function contentType(signing: string, signed: Record<string, string>): Probe[] {
  return Object.entries(SENT).map(([kind, sent]) =>
    put(`Link that signs ${signing}, PUT with ${kind} content type`, { signed, sent }),
  );
}

function put(question: string, request: Omit<Parameters<Storage['putByLink']>[0], 'key'>): Probe {
  return {
    question,
    ask: async (storage) => outcome(await storage.putByLink({ key: storage.newObject().Key, ...request })),
  };
}

const FIVE_BYTES = { 'content-length': '5' };
const UNMEASURED = { 'transfer-encoding': 'chunked' };

export const linkProbes: readonly Probe[] = [
  ...contentType('an empty content type', { 'content-type': '' }),
  ...contentType('the host alone', {}),
  put('Link that signs `content-length`, PUT of that length', { signed: FIVE_BYTES }),
  put('Link that signs `content-length`, PUT of another length', { signed: FIVE_BYTES, sent: {}, body: 'more bytes' }),
  put('Link that signs `content-length`, PUT without a length', { signed: FIVE_BYTES, sent: UNMEASURED }),
  { question: 'Link, PUT with a copy source that it does not sign', ask: copySource },
  put('Link, PUT with an ACL that it does not sign', { sent: { 'x-amz-acl': 'public-read' } }),
  { question: 'Link that has expired', ask: expired },
];

/** Whether a link lets its holder read what it is not for. */
async function copySource(storage: Storage): Promise<string> {
  const { Bucket, Key: source } = storage.newObject();
  await storage.putByLink({ key: source });
  const sent = { 'x-amz-copy-source': `/${Bucket}/${source}` };
  return outcome(await storage.putByLink({ key: storage.newObject().Key, sent, body: '' }));
}

async function expired(storage: Storage): Promise<string> {
  const hourAgo = () => new Date(Date.now() - 3_600_000);
  const presigner = createPresigner({ ...storage.access, pathStyle: true, now: hourAgo });
  const url = presigner.presign({ method: 'PUT', key: storage.newObject().Key, expiresIn: 60 });
  return outcome(await request({ url, method: 'PUT', body: 'late' }));
}
