import { createPresigner } from '@darkslide/s3wire';
import { request } from '../http-client.ts';
import { outcome, type Probe, type Storage } from './storage.ts';

const SENT = { empty: { 'Content-Type': '' }, absent: {}, other: { 'Content-Type': 'image/jpeg' } };

function contentType(signing: string, signed: Record<string, string>): Probe[] {
  return Object.entries(SENT).map(([kind, sent]) => ({
    question: `Link that signs ${signing}, PUT with ${kind} content type`,
    ask: async (storage) => outcome(await storage.putByLink({ key: storage.newObject().Key, signed, sent })),
  }));
}

export const linkProbes: readonly Probe[] = [
  ...contentType('an empty content type', { 'content-type': '' }),
  ...contentType('the host alone', {}),
  { question: 'Link that has expired', ask: expired },
];

async function expired(storage: Storage): Promise<string> {
  const hourAgo = () => new Date(Date.now() - 3_600_000);
  const presigner = createPresigner({ ...storage.access, pathStyle: true, now: hourAgo });
  const url = presigner.presign({ method: 'PUT', key: storage.newObject().Key, expiresIn: 60 });
  return outcome(await request({ url, method: 'PUT', body: 'late' }));
}
