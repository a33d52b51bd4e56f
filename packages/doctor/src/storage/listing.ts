import { EMPTY_TYPE, exchange, LinkRefusedError } from '@darkslide/server/ports';
import type { Check, Outcome } from '../check.ts';
import { FILE_BYTES, FILE_NAME } from './links.ts';
import type { Subject } from './subject.ts';

/** What the server says has arrived is what listings say: they must know a file at once, by its very name. */
export function listingChecks(subject: Subject): Check[] {
  return [{ name: 'listing', ask: () => ask(subject) }];
}

async function ask(subject: Subject): Promise<Outcome> {
  const { sandbox } = subject;
  const store = await subject.store();
  const key = sandbox.key(FILE_NAME);
  const put = await exchange((await store.signer()).put(key), { method: 'PUT', headers: EMPTY_TYPE, body: FILE_BYTES });
  if (put.status !== 200) throw new LinkRefusedError(put);
  const { objects } = await store.list({ prefix: sandbox.prefix, startAfter: '', limit: 10 });
  const listed = objects.find((object) => object.key === key);
  const wrong = (message: string): Outcome => ({
    status: 'wrong',
    message,
    remedy: 'this storage does not list as S3 does; ask its maker',
  });
  if (listed === undefined) return wrong('A file that has just arrived is not listed');
  if (listed.size !== FILE_BYTES.length) return wrong('A file is listed with a wrong size');
  const after = await store.list({ prefix: sandbox.prefix, startAfter: key, limit: 10 });
  if (after.objects.some((object) => object.key === key)) {
    return wrong('A listing that begins after a file has it again');
  }
  return { status: 'ok', message: 'A file is listed as soon as it has arrived' };
}
